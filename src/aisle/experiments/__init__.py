"""Experiments: who sees what, and what can be said about it. No I/O; the statistics are in a folder of their own."""
