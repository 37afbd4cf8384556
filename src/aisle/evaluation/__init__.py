"""Fit on the past, score the future, compare with intervals."""
