"""What could stand on a shelf, and in which order: profile, candidates, features, ranker, reasons. No shop rules."""
