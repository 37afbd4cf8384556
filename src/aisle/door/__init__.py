"""The door: what comes in as files or requests is read, named and checked here, once. It stores nothing."""
