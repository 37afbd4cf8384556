"""Experiments: estimates before a launch, and comparisons of what shoppers were shown."""
