"""The picture of a search: the loss of every trial in the order of their ends, and the lowest so far."""

from __future__ import annotations

import io
import itertools
from collections.abc import Sequence

from PIL import Image, ImageDraw

from playground.interop.axes import Axis, tick_words
from playground.interop.lettering import write_text
from playground.studies.search import Trial

_SIZE = (960, 640)
_LEFT, _TOP, _RIGHT, _BOTTOM = 90, 70, 930, 570
_INK, _PAPER, _QUIET, _FAINT, _LINE, _GONE = "#1d2129", "#ffffff", "#5b6472", "#e4e7eb", "#0a6ebd", "#9aa4b2"
_TYPE, _SMALL = 16, 13
_MARKS = {"completed": _LINE, "pruned": _GONE}
"""The colours of trials that have a loss: trained to their end, or given up."""


def search_picture(title: str, trials: Sequence[Trial]) -> bytes:
    """A PNG of the validation losses of the trials of a search."""
    image = Image.new("RGB", _SIZE, _PAPER)
    pen = ImageDraw.Draw(image)
    write_text(pen, (_LEFT, 30), title, _TYPE, _INK, "ls", width=_RIGHT - _LEFT)
    counts = [
        f"{sum(one.status == name for one in trials):,} {name}" for name in dict.fromkeys(t.status for t in trials)
    ]
    write_text(
        pen, (_LEFT, 52), f"validation loss by trial; {', '.join(counts)}; line: lowest so far", _SMALL, _QUIET, "ls"
    )
    known = [(number, one, one.loss) for number, one in enumerate(trials, 1) if one.loss is not None]
    up = Axis.over([loss for *_, loss in known], _BOTTOM, _TOP)
    across = Axis(0.0, float(max(len(trials), 1)) + 0.5, _LEFT, _RIGHT)
    for value in up.ticks(8):
        pen.line([(_LEFT, up.place(value)), (_RIGHT, up.place(value))], fill=_FAINT)
        write_text(pen, (_LEFT - 8, up.place(value)), tick_words(value), _SMALL, _QUIET, "rm")
    for value in across.ticks(8):
        if value == round(value):
            write_text(pen, (across.place(value), _BOTTOM + 8), f"{value:,.0f}", _SMALL, _QUIET, "ma")
    pen.line([(_LEFT, _BOTTOM), (_RIGHT, _BOTTOM)], fill=_QUIET)
    done = [(number, loss) for number, one, loss in known if one.status == "completed"]
    lowest = list(itertools.accumulate((loss for _, loss in done), min))
    steps = [(across.place(number), up.place(low)) for (number, _), low in zip(done, lowest, strict=True)]
    for (x, y), (right, below) in itertools.pairwise(steps):
        pen.line([(x, y), (right, y), (right, below)], fill=_INK, width=2)
    for number, one, loss in known:
        pen.circle((across.place(number), up.place(loss)), 4, fill=_MARKS.get(one.status, _GONE))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
