"""Named groups of shoppers: made, kept up to date, and exported."""
