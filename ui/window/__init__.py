"""The window: `window` puts all parts together, `plans` is where docks stand, `menus` what there is to choose,
`documents` and `autosave` what is opened, saved and found again, `sharing` what comes in and goes out as text and
tables, `exports`, `pictures` and `animation` what goes out besides, `reach` brings any control into sight and makes
commands of them, `guide` is the tour.
"""
