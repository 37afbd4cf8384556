"""One module for each group of commands. A command reads its options, calls `app` and prints; it computes nothing."""
