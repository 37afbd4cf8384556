"""Experiments: who sees what, what can be said about it, and estimates before a launch. No I/O."""
