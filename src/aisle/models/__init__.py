"""A trained bundle: save, load, register, roll back."""
