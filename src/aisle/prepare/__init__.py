"""Raw tables become training data: cleaned, weighed, aggregated, split. No model and no database here."""
