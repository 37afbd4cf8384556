"""The marts: built from the counts of days and the copy of the events, and exported."""
