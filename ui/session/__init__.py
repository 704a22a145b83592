"""The one door of the window to training: the experiment, undo, and the thread that trains."""
