"""The life of experiments: created, checked, started, watched, reported, stopped."""
