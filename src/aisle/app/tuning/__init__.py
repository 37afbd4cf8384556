"""The search for better settings and weights, on the weeks before the newest ones, which stay untouched."""
