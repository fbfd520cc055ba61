"""Naive twins of what superpose computes fast: plain NumPy and SciPy, written to be read."""
