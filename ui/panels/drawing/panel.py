"""The drawing panel: tools, classes or values, and their effect when the picture is pressed and dragged.

The picture of the boundary hands its gestures over in coordinates of the plane: `press`, `drag`, `release`, `wheel`. A
whole stroke is one undo step. Drawing on any other data set takes over its points first.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import msgspec
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from playground import Experiment
from playground.catalog.choice import Task
from playground.catalog.datasets.base import MAX_CLASSES, MAX_OWN_POINTS, Dataset, with_common
from playground.catalog.datasets.own_points import UserPoints
from playground.experiment.tasks import task_of, with_data

from ...forms.buttons import identify, push_button, tip
from ...forms.controls import Segments, ValueEntry
from ...forms.edits import Edits
from ...forms.layouts import PANEL_MARGINS, STRETCH, fill, quiet, tight
from ...look.beat import Throttle
from ...look.theme import GRID, px
from ..panel import Panel, heading
from .classes import ClassPicker, class_names_of
from .gesture import Gesture
from .point_entry import PointEntry
from .strokes import Canvas, Painting, Style, canvas_of
from .toolbox import Toolbox
from .tools import ERASER, DrawingTool

_KEY_STEPS = 2
_TASKS: tuple[Task, ...] = ("classification", "regression")


class DrawingPanel(Panel):
    """The tools for drawing points, and the gestures on the picture."""

    tool_changed = Signal(bool, float, object)
    """Whether gestures on the picture edit points, how far the tool reaches on the plane, and the name of the colour
    that it draws in; None for a tool without one."""
    done_asked = Signal()
    """The person is done with drawing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = Throttle(self._write, self)
        self.gesture = Gesture(self)
        self.gesture.drawn.connect(self._draw)
        self.gesture.full.connect(self._text.request)
        self._given_data: Dataset | None = None
        self._told: tuple[bool, float, object] = (False, 0.0, None)
        self._shown = self._seen = False
        self._resting: str | None = "brush"
        """The tool to take up when the panel comes into sight: the one in hand when it left; None for none."""
        self.lines = tight(QVBoxLayout(self), margins=PANEL_MARGINS)
        self._add_tools()
        self._add_what_is_drawn()
        self._add_whole()
        self._add_shortcuts()
        self.lines.addStretch(1)
        self.show_experiment(self.experiment)
        self._show_tool()

    def _add_tools(self) -> None:
        self.done = _small_button("done", "Done", "Ends drawing (Esc), so that the mouse explores the picture again.")
        self.done.clicked.connect(self._finish)
        self.toolbox = Toolbox(self)
        self.toolbox.asked.connect(self.choose_tool)
        self.toolbox.changed.connect(self._tell_tool)
        self.hint = QLabel(wordWrap=True, alignment=Qt.AlignmentFlag.AlignTop)
        quiet(identify(self.hint, "drawing.hint", "What the tool does"))
        self.hint.setMinimumHeight(px(3 * self.hint.fontMetrics().lineSpacing() + 2))
        title = fill(QHBoxLayout(), heading("Draw points"), STRETCH, self.done)
        fill(self.lines, title, self.toolbox.line, self.hint)

    def _add_what_is_drawn(self) -> None:
        self.task = identify(Segments(["Classes", "Values"]), "drawing.task", "Task of the points")
        helps = (
            "Every point belongs to a class. Present values become classes, at most ten.",
            "Every point has a value. Present classes become values from −1 to 1, evenly spaced.",
        )
        for button, task, words in zip(self.task.buttons, _TASKS, helps, strict=True):
            identify(button, f"drawing.task.{task}", task.capitalize(), tip(words))
        self.task.chosen.connect(self._task_chosen)
        self.classes = ClassPicker()
        self.classes.chosen_changed.connect(self._tell_tool)
        self.classes.chosen_changed.connect(self._text.now)
        self.classes.names_asked.connect(self._name_classes)
        settings = (row for name, row in self.toolbox.rows.items() if name != "jitter")
        fill(self.lines, self.task, self.classes, *settings).addSpacing(px(GRID // 2))
        self.entry = PointEntry()
        self.entry.added.connect(self._add_point)
        self.entry.refused.connect(self.hint.setText)
        self.lines.addWidget(self.entry)

    def _add_whole(self) -> None:
        self.lines.addSpacing(px(GRID // 2))
        self._noise_button = _small_button(
            "noise", "Add noise", "Moves every point at random by about σ. Each press adds more."
        )
        self._noise_button.clicked.connect(self._add_noise)
        self._clear_button = _small_button("clear", "Clear", "Removes all points. Undo brings them back.")
        self._clear_button.clicked.connect(self.clear)
        self.count = quiet(identify(QLabel(wordWrap=True), "drawing.count", "Points drawn"))
        line = fill(tight(QHBoxLayout(), GRID), self._noise_button, self._clear_button)
        for place in range(2):
            line.setStretch(place, 1)
        fill(self.lines, self.toolbox.rows["jitter"], line, self.count)

    def _add_shortcuts(self) -> None:
        class_keys = (str((place + 1) % 10) for place in range(MAX_CLASSES))
        self._drawing_keys = [self._shortcut(key) for key in ("Esc", "[", "]", *class_keys)]

    def _shortcut(self, key: str) -> QShortcut:
        """Make a key work wherever the keyboard is in the window."""
        made = QShortcut(QKeySequence(key), self)
        # One method for all: functions that hold the panel would keep it alive in a circle.
        made.activated.connect(self._use_shortcut)
        return made

    def _use_shortcut(self) -> None:
        pressed = self.sender()
        assert isinstance(pressed, QShortcut)
        key = pressed.key().toString()
        if key == "Esc":
            self._escape()
        elif key in ("[", "]"):
            self.toolbox.turn(_KEY_STEPS if key == "]" else -_KEY_STEPS)
        else:
            place = (int(key) - 1) % 10
            if place < len(self.classes.buttons) and self.classes.isVisibleTo(self):
                self.classes.choose(place)

    def start(self) -> None:
        """Begin to draw, with the brush unless another tool is chosen."""
        if self.toolbox.tool is None:
            self.choose_tool("brush")

    def stop(self) -> None:
        """Put the tool down and keep what was drawn."""
        self.choose_tool(None)

    def choose_tool(self, name: str | None) -> None:
        """Choose a tool by its name; None puts it down."""
        self.gesture.end()
        self.toolbox.take(name)
        self._show_tool()

    def set_in_sight(self, seen: bool) -> None:
        """Put the tool down when the panel leaves, and take it up again when it comes back into sight."""
        before, self._seen = self._seen, seen
        if seen and not before and self._resting:
            self.choose_tool(self._resting)
        elif before and not seen:
            self._resting = None if self.toolbox.tool is None else self.toolbox.tool.name
        if not seen:
            self.stop()

    def _escape(self) -> None:
        focused = QApplication.focusWidget()
        if isinstance(focused, ValueEntry) and focused.being_typed:
            focused.abandon()
        else:
            self._finish()

    def _finish(self) -> None:
        # In this order, so that the tool is taken up again when the panel comes back.
        self.done_asked.emit()
        self.stop()

    def _show_tool(self) -> None:
        for key in self._drawing_keys:
            key.setEnabled(self.toolbox.tool is not None)
        self._show_rows()
        self._tell_tool()
        self._text.now()

    def _show_rows(self) -> None:
        self.toolbox.show_rows(self._is_regression)
        self.classes.setVisible(not self._is_regression)

    def _tell_tool(self) -> None:
        colour = self.toolbox.colour(None if self._is_regression else self.classes.chosen)
        told = (self.toolbox.tool is not None, self.toolbox.reach, colour)
        if told != self._told:
            self._told = told
            self.tool_changed.emit(*told)

    @property
    def _is_regression(self) -> bool:
        return task_of(self.experiment.data) == "regression"

    def press(
        self,
        x1: float,
        x2: float,
        button: Qt.MouseButton = Qt.MouseButton.LeftButton,
        modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
    ) -> None:
        """Begin a stroke at a place of the plane: the left button uses the tool, the right one erases."""
        tool = {Qt.MouseButton.LeftButton: self.toolbox.tool, Qt.MouseButton.RightButton: ERASER}.get(button)
        if self.toolbox.tool is None or tool is None or not math.isfinite(x1 + x2):
            return
        # Also ends a stroke whose release never came.
        Edits.end_open()
        canvas = self._canvas()
        if canvas is not None:
            self.gesture.begin(tool.stroke, canvas, (x1, x2), self._style_of_points)

    def drag(self, x1: float, x2: float) -> None:
        """Continue the stroke to where the mouse is."""
        if math.isfinite(x1 + x2):
            self.gesture.move((x1, x2))

    def release(self, x1: float, x2: float) -> None:
        """End the stroke where the button was released."""
        self.drag(x1, x2)
        self.gesture.end()

    def wheel(self, x1: float, x2: float, steps: int) -> None:
        """Make the brush or cluster larger or smaller by a turn of the wheel."""
        if self.toolbox.tool is not None and self.toolbox.tool.rows and steps:
            self.toolbox.turn(steps)

    def _draw(self, canvas: Canvas, words: str, changing: bool) -> None:
        self._ask_for(canvas.as_data(self.experiment.data), words, changing)

    def _ask_for(self, data: UserPoints, words: str, changing: bool = False) -> None:
        self._given_data = data
        self.edited.emit(with_data(self.experiment, data), words, changing)

    def _canvas(self) -> Canvas | None:
        """Return the present points to draw on; None if there are too many, which the hint then says."""
        if self.experiment.data.size > MAX_OWN_POINTS:
            self._text.now()
            return None
        return canvas_of(self.experiment.data)

    @property
    def _style_of_points(self) -> Style:
        settings, common = self.toolbox.settings, with_common(self.experiment.data, UserPoints)
        return Style(
            settings.radius,
            settings.value if self._is_regression else float(self.classes.chosen),
            settings.cluster_points,
            settings.spread,
            common.seed,
            common.validation_fraction,
            common.test_fraction,
        )

    def _change(self, words: str, change: Callable[[Canvas], Canvas]) -> None:
        """Edit all points at once: `change` makes a new canvas of the present one."""
        Edits.end_open()
        canvas = self._canvas()
        if canvas is not None:
            self._ask_for(change(canvas).as_data(self.experiment.data), words)

    def _add_point(self, x1: float, x2: float) -> None:
        self._change("point added", lambda canvas: Painting(canvas, (x1, x2), self._style_of_points).canvas)

    def _add_noise(self) -> None:
        """Move every point at random; the same points with the same data seed move alike."""
        seed, spread = with_common(self.experiment.data, UserPoints).seed, self.toolbox.settings.jitter
        self._change("noise added", lambda canvas: canvas.jittered(spread, seed))

    def clear(self) -> None:
        """Remove all points."""
        Edits.end_open()
        data = self.experiment.data
        names = class_names_of(data) if isinstance(data, UserPoints) and data.class_names else ()
        common = with_common(data, UserPoints)
        empty = UserPoints(
            seed=common.seed,
            validation_fraction=common.validation_fraction,
            test_fraction=common.test_fraction,
            task=task_of(data),
            class_names=names,
        )
        if not (isinstance(data, UserPoints) and data.is_blank):
            self._ask_for(empty, "points cleared")

    def _task_chosen(self, index: int) -> None:
        canvas = self._canvas()
        if canvas is not None and canvas.task != _TASKS[index]:
            Edits.end_open()
            data = canvas.as_data(self.experiment.data)
            self._ask_for(data.as_task(_TASKS[index]), f"task {_TASKS[index]}")
        self.task.show_index(_TASKS.index(task_of(self.experiment.data)))

    def _name_classes(self, names: tuple[str, ...], words: str) -> None:
        Edits.end_open()
        canvas = self._canvas()
        if canvas is not None:
            data = self.experiment.data
            # Points that were drawn on keep their marks, and those that never were stay as they are.
            own = data if isinstance(data, UserPoints) else canvas.as_data(data)
            self._ask_for(msgspec.structs.replace(own, class_names=names), words)

    def show_experiment(self, experiment: Experiment) -> None:
        before, first = self.experiment, not self._shown
        super().show_experiment(experiment)
        if self.gesture.edits.running and experiment.data != self._given_data:
            self.gesture.void()
        if first or experiment.data != before.data:
            self._shown = True
            self._show_data()

    def _show_data(self) -> None:
        self.classes.show_names(class_names_of(self.experiment.data))
        self.task.show_index(_TASKS.index(task_of(self.experiment.data)))
        self._show_rows()
        self._tell_tool()
        self._text.request()

    def _write(self) -> None:
        self.count.setText(count_words(self.experiment.data))
        self.hint.setText(hint_words(self.toolbox.tool, self.experiment.data))

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if not event.spontaneous():
            self.set_in_sight(False)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_told"):
            self._tell_tool()


def _small_button(name: str, text: str, help_text: str) -> QPushButton:
    return push_button(f"drawing.{name}", text, help_text, small=True)


def hint_words(tool: DrawingTool | None, data: Dataset) -> str:
    """Say what to do next, or why nothing can be drawn."""
    if data.size > MAX_OWN_POINTS:
        return f"There are {data.size:,} points, but at most {MAX_OWN_POINTS:,} can be edited. Lower Points first."
    if data.size == MAX_OWN_POINTS:
        return f"There are {MAX_OWN_POINTS:,} points, the most there can be. Erase some to draw more."
    if tool is None:
        return "Choose a tool and use it on the boundary."
    words = [tool.help]
    if tool is not ERASER:
        words.append("The right button erases.")
    if not isinstance(data, UserPoints):
        words.append(f"The {data.size:,} points of {data.label} become your own data.")
    return " ".join(words)


def count_words(data: Dataset) -> str:
    """Say how many points there are, and how many of them are for training."""
    if not isinstance(data, UserPoints):
        return ""
    if data.is_blank:
        return "No points yet. Until you draw some, a single point in the middle is used."
    if data.train is None:
        validation, test = data.kept_out(data.size)
    else:
        test = sum(data.test or ())
        validation = data.size - sum(data.train) - test
    parts = [f"{data.size - validation - test:,} train", f"{validation:,} validate", *([f"{test:,} test"] * (test > 0))]
    return f"{data.size:,} point{'' if data.size == 1 else 's'}: {', '.join(parts)}."
