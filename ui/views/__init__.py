"""Pictures of a snapshot. A view knows neither session nor worker nor any other view.

`view` says what every view is, `registry` lists them all, `chart` and `plane` are what several share. A new picture is
one folder here and one line in the registry.
"""
