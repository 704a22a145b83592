"""The gradients of every layer: `view` puts it together, `chart` divides the room among the `pictures`, `sizes` holds
what they show and the scales on which it stands.
"""
