"""Raw tables become training data: clean, weigh, aggregate, split. No model and no database here."""
