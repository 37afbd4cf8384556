"""Segments: groups of shoppers by a rule, and who belongs to them."""
