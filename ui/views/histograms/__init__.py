"""The histograms of weights and activations."""
