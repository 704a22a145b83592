"""One point's way through the network: `view` puts it together, `equations` says what stands there, `sheet` paints."""
