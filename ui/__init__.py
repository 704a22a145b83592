"""The window of the playground: PySide6 and pyqtgraph around `playground`, which knows nothing of it.

`app` starts the program, `session` is the one door to the experiment and the worker, `panels` are the
controls and `views` the pictures. What may import what is stated as contracts in `pyproject.toml`.
"""
