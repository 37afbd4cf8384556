"""One algorithm, one file. They score, and nothing else: no files, no database, no shopper's name."""
