"""The window: `window` puts all parts together, `plans` is where docks stand, `menus` what there is to choose, `files`
what is opened and saved, `pictures` and `animation` what becomes pictures and films, `reach` brings any control into
sight and makes commands of them, `guide` is the tour.
"""
