"""The JSON API: a file for each kind of thing, with what its routes take and give."""
