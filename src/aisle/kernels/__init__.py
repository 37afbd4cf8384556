"""Numba kernels: arrays in, arrays out. They know nothing of shoppers. Each has a readable NumPy twin beside it."""
