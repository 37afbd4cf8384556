"""One live request: profile, candidates, fallback. No training, no HTTP."""
