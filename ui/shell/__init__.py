"""The surroundings of panels and pictures: docks and their layouts, messages, the command palette, the tour.

Nothing here knows what the panels and pictures show; the window puts them in.
"""
