"""Data in and out of a shop: import, rejects, export, backup, people, data quality, set-up. No model is used here."""
