"""The search for better settings and weights, on the weeks before the newest. The newest weeks stay untouched."""
