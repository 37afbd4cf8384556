"""The command line: `commands` read options and call `app`, `display` prints what comes back."""
