"""Draws a person's own points: tools, classes or values, and what they do when the picture is pressed and dragged.

The picture of the boundary hands its gestures over in coordinates of the plane: `press`, `drag`, `release`, `wheel`. A
whole stroke is one undo step. Drawing on any other data set takes over its points first.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import lru_cache, partial

import msgspec
from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QColor, QHideEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QButtonGroup,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from playground import Experiment
from playground.catalog.datasets.base import EXTENT, MAX_CLASSES, MAX_OWN_POINTS, Dataset, Task, sample, with_common
from playground.catalog.datasets.own_points import UserPoints
from playground.catalog.datasets.table import Table
from playground.experiment.declarations import fields_of
from playground.experiment.quantity import Quantity
from ui.forms.buttons import push_button, tip
from ui.forms.controls import Entry, Segments, segment_side
from ui.forms.edits import Edits
from ui.forms.rows import CAPTION_WIDTH, Row, row_for
from ui.look.beat import Throttle
from ui.look.theme import GRID, current, px
from ui.panels.drawing.strokes import REACH, Canvas, Painting, Stroke, Style, canvas_of
from ui.panels.drawing.tools import CLUSTER, ERASER, MOVE, TOOLS, ClassButton, Settings, Tool, ToolButton
from ui.panels.panel import Panel, heading
from ui.panels.tasks import task_of, with_data
from ui.panels.tiles import mixed

STROKE_MILLISECONDS = 33
SHARE_OF_TIME = 3
"""An edit that takes long is followed by so many times its time for everything else."""
SLOWEST_MILLISECONDS = 500
CLASS_COLUMNS = 3
WHEEL_FACTOR = 1.15
KEY_STEPS = 2
TASKS: tuple[Task, ...] = ("classification", "regression")
PLACE = Quantity(False, -EXTENT, EXTENT)
"""A coordinate on the plane."""


class StrokeEdits(Edits):
    """Edits of one stroke: at most thirty a second, and fewer where one takes long."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._turn.setInterval(STROKE_MILLISECONDS)

    def pace(self, seconds: float) -> None:
        """The last edit took so long; wait in proportion before the next."""
        wait = min(max(round(1000 * SHARE_OF_TIME * seconds), STROKE_MILLISECONDS), SLOWEST_MILLISECONDS)
        if wait != self._turn.interval():
            self._turn.setInterval(wait)

    def void(self) -> None:
        """Forget the run without telling anybody."""
        self._stop()


class DrawingPanel(Panel):
    """The tools for drawing points, and the gestures on the picture."""

    tool_changed = Signal(bool, float, object)
    """Whether gestures on the picture edit points, how far the tool reaches on the plane, and the name of the colour
    that it draws in; None for a tool without one."""
    done_asked = Signal()
    """The person is done with drawing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tool: Tool | None = None
        self.settings = Settings()
        self.chosen = 0
        """The class that is drawn."""
        self.stroke: Stroke | None = None
        self.edits = StrokeEdits(self)
        self.edits.given.connect(self._give)
        self._given_data: Dataset | None = None
        self._words = ""
        self._told: tuple[bool, float, object] = (False, 0.0, None)
        self._dressed: tuple[object, ...] = ()
        self._text = Throttle(self._write, self)
        self.lines = QVBoxLayout(self)
        self.lines.setContentsMargins(px(GRID + GRID // 2), px(GRID), px(GRID + GRID // 2), px(GRID))
        self.lines.setSpacing(px(GRID // 2))
        self._add_title()
        self._add_tools()
        self._add_task()
        self._add_classes()
        self._add_settings()
        self._add_place()
        self._add_whole()
        self._add_shortcuts()
        self.lines.addStretch(1)
        self.show_experiment(self.experiment)
        self._show_tool()

    # Parts --------------------------------------------------------------------------------------------------

    def _add_title(self) -> None:
        line = QHBoxLayout()
        self.done = self._button("done", "Done", "Ends drawing: the picture is for looking at again. Esc does it too.")
        self.done.clicked.connect(self._finish)
        line.addWidget(heading("Draw points"))
        line.addStretch(1)
        line.addWidget(self.done)
        self.lines.addLayout(line)

    def _button(self, name: str, text: str, help_text: str) -> QPushButton:
        return push_button(f"drawing.{name}", text, help_text, small=True)

    def _add_tools(self) -> None:
        line = QHBoxLayout()
        line.setSpacing(0)
        self.tools: dict[str, ToolButton] = {}
        for place, tool in enumerate(TOOLS.values()):
            button = self.tools[tool.name] = ToolButton(tool, segment_side(place, len(TOOLS)))
            button.clicked.connect(self._tool_clicked)
            line.addWidget(button)
        self.lines.addLayout(line)
        self.hint = QLabel()
        self.hint.setObjectName("drawing.hint")
        self.hint.setAccessibleName("What the tool does")
        self.hint.setWordWrap(True)
        self.hint.setProperty("quiet", True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.hint.setMinimumHeight(px(3 * self.hint.fontMetrics().lineSpacing() + 2))
        self.lines.addWidget(self.hint)

    def _add_task(self) -> None:
        self.task = Segments(["Classes", "Values"])
        self.task.setObjectName("drawing.task")
        self.task.setAccessibleName("What points say")
        helps = (
            "Every point belongs to a class. Values turn into classes: at most ten different ones become a class each.",
            "Every point has a value. Classes turn into values from −1 to 1, evenly spaced.",
        )
        for button, task, words in zip(self.task.buttons, TASKS, helps, strict=True):
            button.setObjectName(f"drawing.task.{task}")
            button.setAccessibleName(task.capitalize())
            button.setToolTip(tip(words))
        self.task.chosen.connect(self._task_chosen)
        self.lines.addWidget(self.task)

    def _add_classes(self) -> None:
        self.class_part = QWidget()
        column = QVBoxLayout(self.class_part)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(px(GRID // 2))
        self.class_grid = QGridLayout()
        self.class_grid.setSpacing(px(GRID // 2))
        for place in range(CLASS_COLUMNS):
            self.class_grid.setColumnStretch(place, 1)
        self.class_group = QButtonGroup(self, exclusive=True)
        self.class_group.idClicked.connect(self.choose_class)
        self.class_buttons: list[ClassButton] = []
        self.add_button = self._button(
            "class.add", "Add class", "One more class to draw. It counts from its first point on."
        )
        self.add_button.clicked.connect(self.add_class)
        self.name = Entry(self._problem_with_name)
        self.name.setObjectName("drawing.class.name")
        self.name.setAccessibleName("Name of the class")
        self.name.setMaxLength(40)
        self.name.set_hint(tip("The name of the chosen class. Enter takes it over; the legend and exports use it."))
        self.name.entered.connect(self._rename)
        self.name.left.connect(self._show_name)
        line = QHBoxLayout()
        line.setSpacing(px(GRID))
        caption = QLabel("Class name")
        caption.setBuddy(self.name)
        caption.setFixedWidth(px(CAPTION_WIDTH))
        line.addWidget(caption)
        line.addWidget(self.name, 1)
        column.addLayout(self.class_grid)
        column.addLayout(line)
        self.lines.addWidget(self.class_part)

    def _add_settings(self) -> None:
        self.setting_rows: dict[str, Row] = {}
        for name, field in fields_of(Settings).items():
            row = row_for(field, f"drawing.{name}")
            assert row is not None
            row.show_value(getattr(self.settings, name))
            row.edited.connect(self._set)
            self.setting_rows[name] = row
            if name != "jitter":
                self.lines.addWidget(row)

    def _add_place(self) -> None:
        self.lines.addSpacing(px(GRID // 2))
        line = QHBoxLayout()
        line.setSpacing(px(GRID))
        caption = QLabel("Point at")
        line.addWidget(caption)
        self.places: list[Entry] = []
        for name, spoken in (("x1", "x₁"), ("x2", "x₂")):
            entry = Entry(PLACE.problem_with)
            entry.setObjectName(f"drawing.{name}")
            entry.setAccessibleName(f"{spoken} of a point to add")
            entry.set_hint(tip(f"{spoken} of the point to add. Allowed: {PLACE.allowed}."))
            entry.setAlignment(Qt.AlignmentFlag.AlignRight)
            entry.setMinimumWidth(px(48))
            entry.setText("0")
            label = QLabel(spoken)
            label.setBuddy(entry)
            line.addWidget(label)
            line.addWidget(entry, 1)
            self.places.append(entry)
        self.add_point_button = self._button("add", "Add", "Adds one point of the chosen class or value at this place.")
        self.add_point_button.setAccessibleName("Add a point at this place")
        self.add_point_button.clicked.connect(self._add_point_clicked)
        line.addWidget(self.add_point_button)
        self.lines.addLayout(line)

    def _add_whole(self) -> None:
        self.lines.addSpacing(px(GRID // 2))
        self.lines.addWidget(self.setting_rows["jitter"])
        line = QHBoxLayout()
        line.setSpacing(px(GRID))
        self.noise_button = self._button(
            "noise", "Add noise", "Moves every point at random by about σ. Each press adds to what is there."
        )
        self.noise_button.clicked.connect(self.add_noise)
        self.clear_button = self._button("clear", "Clear", "Takes all points away. Undo brings them back.")
        self.clear_button.clicked.connect(self.clear)
        self.count = QLabel()
        self.count.setObjectName("drawing.count")
        self.count.setAccessibleName("Points drawn")
        self.count.setWordWrap(True)
        self.count.setProperty("quiet", True)
        line.addWidget(self.noise_button, 1)
        line.addWidget(self.clear_button, 1)
        self.lines.addLayout(line)
        self.lines.addWidget(self.count)

    def _add_shortcuts(self) -> None:
        self._keys: list[QShortcut] = []
        self._tool_keys = [self._key(tool.key, partial(self.choose_tool, tool.name)) for tool in TOOLS.values()]
        self._drawing_keys = [
            self._key("Esc", self._escape),
            self._key("[", lambda: self._turn(-KEY_STEPS)),
            self._key("]", lambda: self._turn(KEY_STEPS)),
            *(self._key(str((k + 1) % 10), partial(self._class_key, k)) for k in range(MAX_CLASSES)),
        ]

    def _key(self, key: str, action: Callable[[], object]) -> QShortcut:
        shortcut = QShortcut(QKeySequence(key), self)
        shortcut.activated.connect(action)
        self._keys.append(shortcut)
        return shortcut

    # Tools --------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to draw, with the brush unless another tool is in hand."""
        if self.tool is None:
            self.choose_tool("brush")

    def stop(self) -> None:
        """Put the tool down; what is being drawn is kept."""
        self.choose_tool(None)

    def choose_tool(self, name: str | None) -> None:
        """Take a tool in hand by its name; None puts it down."""
        self.edits.end()
        self.stroke = None
        self.tool = TOOLS[name] if name else None
        self._show_tool()

    def set_in_sight(self, seen: bool) -> None:
        """Out of sight, the tool is put down and keys take none in hand."""
        for key in self._tool_keys:
            key.setEnabled(seen)
        if not seen:
            self.stop()

    def _escape(self) -> None:
        focused = QApplication.focusWidget()
        if isinstance(focused, Entry) and focused.being_typed:
            focused.abandon()
        else:
            self._finish()

    def _finish(self) -> None:
        self.stop()
        self.done_asked.emit()

    def _tool_clicked(self) -> None:
        button = self.sender()
        if isinstance(button, ToolButton):
            self.choose_tool(None if button.tool is self.tool else button.tool.name)

    def _show_tool(self) -> None:
        for name, button in self.tools.items():
            button.setChecked(self.tool is not None and self.tool.name == name)
        for key in self._drawing_keys:
            key.setEnabled(self.tool is not None)
        self._show_rows()
        self._tell_tool()
        self._text.now()

    def _show_rows(self) -> None:
        wanted = self.tool.rows if self.tool else ()
        for name in ("radius", "cluster_points", "spread"):
            self.setting_rows[name].setVisible(name in wanted)
        regression = task_of(self.experiment.data) == "regression"
        self.setting_rows["value"].setVisible(regression)
        self.class_part.setVisible(not regression)

    def _set(self, path: str, value: object, _changing: bool) -> None:
        name = path.rpartition(".")[2]
        self.settings = msgspec.structs.replace(self.settings, **{name: value})
        self.setting_rows[name].show_value(value)
        self._tell_tool()

    def _turn(self, steps: int) -> None:
        name = "spread" if self.tool is CLUSTER else "radius"
        before = getattr(self.settings, name)
        value = round(before * WHEEL_FACTOR**steps, 2)
        if value == before:
            value += 0.01 if steps > 0 else -0.01
        self._set(f"drawing.{name}", min(max(round(value, 2), 0.05), 3.0), False)

    def _tell_tool(self) -> None:
        told = (self.tool is not None, self.reach, self.colour)
        if told != self._told:
            self._told = told
            self.tool_changed.emit(*told)

    @property
    def reach(self) -> float:
        """How far the tool in hand reaches on the plane."""
        if self.tool is None:
            return 0.0
        reaches = {MOVE: REACH, CLUSTER: 2 * self.settings.spread}
        return reaches.get(self.tool, self.settings.radius)

    @property
    def colour(self) -> str | None:
        """The name of the colour that the tool in hand draws in."""
        if self.tool is None or self.tool in (ERASER, MOVE):
            return None
        theme = current()
        if task_of(self.experiment.data) == "classification":
            return theme.classes[self.chosen % len(theme.classes)]
        share = min(max((self.settings.value + 1) / 2, 0.0), 1.0)
        low, middle, high = (QColor(name) for name in (theme.classes[0], theme.points_middle, theme.classes[1]))
        return mixed(low, middle, high, share).name()

    # Gestures -----------------------------------------------------------------------------------------------

    def press(
        self,
        x1: float,
        x2: float,
        button: Qt.MouseButton = Qt.MouseButton.LeftButton,
        modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
    ) -> None:
        """A mouse button goes down on the plane: the left one uses the tool, the right one erases."""
        tool = {Qt.MouseButton.LeftButton: self.tool, Qt.MouseButton.RightButton: ERASER}.get(button)
        if self.tool is None or tool is None or not math.isfinite(x1 + x2):
            return
        # Also ends a stroke whose release never came.
        Edits.end_open()
        canvas = self._canvas()
        if canvas is None:
            return
        self._words = tool.stroke.words
        self.stroke = tool.stroke(canvas, (x1, x2), self.style_of_points)
        self._offer(canvas)

    def drag(self, x1: float, x2: float) -> None:
        """The mouse has moved with the button down."""
        if self.stroke is not None and math.isfinite(x1 + x2):
            before = self.stroke.canvas
            self.stroke.move((x1, x2))
            self._offer(before)

    def release(self, x1: float, x2: float) -> None:
        """The button is up: the stroke is made."""
        self.drag(x1, x2)
        self.stroke = None
        self.edits.end()

    def wheel(self, x1: float, x2: float, steps: int) -> None:
        """The wheel turned over the plane: a larger or smaller brush or cluster."""
        if self.tool is not None and self.tool.rows and steps:
            self._turn(steps)

    def _offer(self, before: Canvas) -> None:
        assert self.stroke is not None
        canvas = self.stroke.canvas
        if canvas is not before:
            self.edits.change(canvas)
        if not canvas.room:
            self._text.request()

    def _give(self, canvas: Canvas, changing: bool) -> None:
        if not changing:
            self.stroke = None
        started = time.perf_counter()
        self._ask_for(canvas.as_data(self.experiment.data), self._words, changing)
        self.edits.pace(time.perf_counter() - started)

    def _ask_for(self, data: UserPoints, words: str, changing: bool = False) -> None:
        self._given_data = data
        self.edited.emit(with_data(self.experiment, data), words, changing)

    def _canvas(self) -> Canvas | None:
        """The present points to draw on; None if they are too many, which is said."""
        if self.experiment.data.size > MAX_OWN_POINTS:
            self._text.now()
            return None
        return canvas_of(self.experiment.data)

    @property
    def style_of_points(self) -> Style:
        """How the tools are set now."""
        settings, common = self.settings, with_common(self.experiment.data, UserPoints)
        label = settings.value if task_of(self.experiment.data) == "regression" else float(self.chosen)
        return Style(
            settings.radius,
            label,
            settings.cluster_points,
            settings.spread,
            common.seed,
            common.validation_fraction,
            common.test_fraction,
        )

    # All points at once --------------------------------------------------------------------------------------

    def _change(self, words: str, change: Callable[[Canvas], Canvas]) -> None:
        """One edit of all points: `change` makes a canvas of the present one."""
        Edits.end_open()
        canvas = self._canvas()
        if canvas is not None:
            self._ask_for(change(canvas).as_data(self.experiment.data), words)

    def add_point(self, x1: float, x2: float) -> None:
        """One point of the chosen class or value, exactly at a place."""
        self._words = "point added"
        self._change(self._words, lambda canvas: Painting(canvas, (x1, x2), self.style_of_points).canvas)

    def _add_point_clicked(self) -> None:
        for entry in self.places:
            problem = PLACE.problem_with(entry.text())
            if problem:
                self._say(problem)
                entry.setFocus()
                return
        x1, x2 = (float(PLACE.read(entry.text())) for entry in self.places)
        self.add_point(x1, x2)

    def add_noise(self) -> None:
        """Move every point at random; the same points with the same data seed move alike."""
        seed, spread = with_common(self.experiment.data, UserPoints).seed, self.settings.jitter
        self._change("noise added", lambda canvas: canvas.jittered(spread, seed))

    def clear(self) -> None:
        """Take all points away."""
        Edits.end_open()
        data = self.experiment.data
        names = self.class_names if isinstance(data, UserPoints) and data.class_names else ()
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
        if canvas is not None and canvas.task != TASKS[index]:
            Edits.end_open()
            data = canvas.as_data(self.experiment.data)
            self._ask_for(data.as_task(TASKS[index]), f"task {TASKS[index]}")
        self._show_task()

    def _show_task(self) -> None:
        self.task.show_index(TASKS.index(task_of(self.experiment.data)))

    # Classes ------------------------------------------------------------------------------------------------

    @property
    def class_names(self) -> tuple[str, ...]:
        """What the classes that can be drawn are called."""
        data = self.experiment.data
        if isinstance(data, UserPoints):
            classes = data.classes if data.task == "classification" else 2
            return data.all_names(max(classes, len(data.class_names)))
        if isinstance(data, Table) and task_of(data) == "classification":
            return names_in(Table(path=data.path, x1=data.x1, x2=data.x2, target=data.target, task=data.task))
        return UserPoints().all_names(getattr(data, "classes", 2))

    def choose_class(self, place: int) -> None:
        """Draw this class from now on."""
        self.chosen = place
        self._show_classes()
        self._tell_tool()
        self._text.now()

    def _class_key(self, place: int) -> None:
        if place < len(self.class_buttons) and self.class_part.isVisibleTo(self):
            self.choose_class(place)

    def add_class(self) -> None:
        """One more class to draw."""
        names = self.class_names
        if len(names) < MAX_CLASSES:
            more = UserPoints(class_names=names).all_names(len(names) + 1)
            self._name_classes(more, f"class {more[-1]} added")
            self.choose_class(min(len(names), len(self.class_names) - 1))

    def _rename(self, name: str) -> None:
        names = list(self.class_names)
        if name.strip() != names[self.chosen]:
            names[self.chosen] = name.strip()
            self._name_classes(tuple(names), f"class {name.strip()}")

    def _problem_with_name(self, text: str) -> str:
        others = [name for place, name in enumerate(self.class_names) if place != self.chosen]
        return "" if text.strip() and text.strip() not in others else "A name that no other class has."

    def _name_classes(self, names: tuple[str, ...], words: str) -> None:
        Edits.end_open()
        canvas = self._canvas()
        if canvas is not None:
            data = self.experiment.data
            # Points that were drawn on keep their marks, and those that never were stay as they are.
            own = data if isinstance(data, UserPoints) else canvas.as_data(data)
            self._ask_for(msgspec.structs.replace(own, class_names=names), words)

    def _show_classes(self) -> None:
        names = self.class_names
        self.chosen = min(self.chosen, len(names) - 1)
        if (names, self.chosen) == self._dressed:
            return
        self._dressed = (names, self.chosen)
        while len(self.class_buttons) > len(names):
            button = self.class_buttons.pop()
            self.class_group.removeButton(button)
            button.setParent(None)
            button.deleteLater()
        while len(self.class_buttons) < len(names):
            button = ClassButton(len(self.class_buttons))
            self.class_group.addButton(button, button.place)
            self.class_grid.addWidget(button, *divmod(button.place, CLASS_COLUMNS))
            self.class_buttons.append(button)
        for button, name in zip(self.class_buttons, names, strict=True):
            button.show_name(name)
            button.setChecked(button.place == self.chosen)
        self.add_button.setVisible(len(names) < MAX_CLASSES)
        self.class_grid.addWidget(self.add_button, *divmod(len(names), CLASS_COLUMNS))
        self._show_name()

    def _show_name(self) -> None:
        self.name.show_text(self.class_names[self.chosen])

    # Showing ------------------------------------------------------------------------------------------------

    def show_experiment(self, experiment: Experiment) -> None:
        before, first = self.experiment, not self._dressed
        super().show_experiment(experiment)
        if self.edits.running and experiment.data != self._given_data:
            # Somebody else decided on other points: the stroke is void.
            self.stroke = None
            self.edits.void()
        if first or experiment.data != before.data:
            self._show_data()

    def _show_data(self) -> None:
        self._show_classes()
        self._show_task()
        self._show_rows()
        self._tell_tool()
        self._text.request()

    def _write(self) -> None:
        data = self.experiment.data
        self.count.setText(count_words(data))
        if data.size > MAX_OWN_POINTS:
            self._say(f"These are {data.size:,} points, and at most {MAX_OWN_POINTS:,} can be drawn on. Lower Points.")
        elif data.size == MAX_OWN_POINTS:
            self._say(f"There are {MAX_OWN_POINTS:,} points, as many as can be drawn. Erase some to go on.")
        else:
            self._say(self._hint_words())

    def _say(self, words: str) -> None:
        self.hint.setText(words)

    def _hint_words(self) -> str:
        data = self.experiment.data
        if self.tool is None:
            return "Choose a tool, then use it on the picture of the boundary."
        words = [self.tool.help]
        if self.tool is not ERASER:
            words.append("The right button erases.")
        if not isinstance(data, UserPoints):
            words.append(f"The {data.size:,} points of {data.label} become your own.")
        return " ".join(words)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if not event.spontaneous():
            self.stop()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_told"):
            self._tell_tool()


@lru_cache(maxsize=4)
def names_in(table: Table) -> tuple[str, ...]:
    """The classes in a table's target column, at least two."""
    names = sample(table).class_names
    return UserPoints(class_names=names).all_names(max(2, len(names)))


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
