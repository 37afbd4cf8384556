"""Guesses of what files and frames hold, for people to confirm."""
