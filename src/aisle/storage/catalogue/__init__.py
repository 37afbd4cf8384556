"""What the shop sells: items, their changes, and how they are found."""
