"""The numbers: parameters laid out flat, the textbook network on NumPy, and randomness without memory."""
