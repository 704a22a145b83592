"""A race of variants: their boundaries side by side, and what is compared."""
