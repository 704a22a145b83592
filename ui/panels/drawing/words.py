"""What the drawing panel says about the tool in hand and the points there are."""

from __future__ import annotations

from playground.catalog.datasets.base import MAX_OWN_POINTS, Dataset
from playground.catalog.datasets.own_points import UserPoints
from ui.panels.drawing.tools import ERASER, DrawingTool


def hint_words(tool: DrawingTool | None, data: Dataset) -> str:
    """What to do next, or why nothing can be drawn."""
    if data.size > MAX_OWN_POINTS:
        return f"These are {data.size:,} points, and at most {MAX_OWN_POINTS:,} can be drawn on. Lower Points."
    if data.size == MAX_OWN_POINTS:
        return f"There are {MAX_OWN_POINTS:,} points, as many as can be drawn. Erase some to go on."
    if tool is None:
        return "Choose a tool, then use it on the picture of the boundary."
    words = [tool.help]
    if tool is not ERASER:
        words.append("The right button erases.")
    if not isinstance(data, UserPoints):
        words.append(f"The {data.size:,} points of {data.label} become your own.")
    return " ".join(words)


def count_words(data: Dataset) -> str:
    """How many points there are, and how many of them train."""
    if not isinstance(data, UserPoints):
        return ""
    if data.is_blank:
        return "No points yet: till you draw some, one in the middle stands in."
    if data.train is None:
        validation, test = data.kept_out(data.size)
    else:
        test = sum(data.test or ())
        validation = data.size - sum(data.train) - test
    parts = [f"{data.size - validation - test:,} train", f"{validation:,} validate", *([f"{test:,} test"] * (test > 0))]
    return f"{data.size:,} point{'' if data.size == 1 else 's'}: {', '.join(parts)}."
