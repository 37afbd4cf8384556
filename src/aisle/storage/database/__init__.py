"""How a database is reached, and where the three kinds differ."""
