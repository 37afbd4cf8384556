"""The marts: tables for business intelligence, in the shop's database."""
