"""How results look in a terminal. Nothing here opens a shop."""
