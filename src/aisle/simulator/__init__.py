"""A make-believe shop whose shoppers have known tastes. Everything it makes says that it is simulated."""
