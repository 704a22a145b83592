"""The gradients of every layer: `view` puts it together, `chart` divides the room among the pictures, `heat`, `bars`
and `lines` paint one each, on what `axes` has in common; `sizes` is what they show, `scales` where it stands, and
`finding` says what ails the network.
"""
