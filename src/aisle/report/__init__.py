"""Pages of figures and charts for people: each is one file that needs nothing else."""
