"""Commands: they read arguments, call `app`, and print."""
