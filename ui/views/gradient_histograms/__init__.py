"""Histograms of every layer's gradients: `request` measures them, `view` shows them."""
