"""Pictures of a snapshot or an experiment. A view knows neither session nor worker nor any other view.

Each view has `wanted`, what it needs in a snapshot, and `show_snapshot(snapshot)`.
"""
