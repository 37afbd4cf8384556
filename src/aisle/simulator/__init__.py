"""A simulated shop whose shoppers have known tastes. All its data says that it is simulated."""
