"""Form rows generated from declarations: one row per field of an experiment, whatever the field is.

A row shows a value and asks for another through `edited`, which carries the path of the field, the value, and whether
more of the same follows. It keeps no value of its own. A new field, or a new member of a family,
gets its row by being declared; nothing here names any.

Every control is found by its path as object name: "training.learning_rate" is the entry of the learning rate,
"training.learning_rate.slider" its slider, "training.optimizer" a combo box, "training.optimizer.beta1" the entry of
a parameter of the chosen optimizer, "training.clip_norm.on" the switch of a setting that can be off.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

import msgspec
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFont, QFontMetrics
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QMenu, QVBoxLayout, QWidget

from playground.catalog.choice import Choice
from playground.experiment.applicability import Obstacle, obstacle_to, obstacle_to_value
from playground.experiment.declarations import Field, fields_of, is_struct, summary_of, with_distinct_labels
from playground.experiment.paths import join_path
from playground.experiment.quantity import Number, Quantity
from playground.experiment.tree import Experiment
from playground.experiment.words import in_a_sentence, title_of, value_words

from ..look.theme import GRID, NORMAL, px
from .buttons import identify, tip
from .controls import SLIDER_STEPS, Caption, Combo, Segments, Slider, Switch, ValueEntry
from .edits import Edits
from .layouts import fill, quiet, tight

CAPTION_WIDTH = 104
_ENTRY_WIDTH, _WIDEST_ENTRY = 60, 120
"""Widths of the entry beside a slider: the usual one and the largest."""
_LIST_WIDTH, _BESIDE_WORDS = 128, 28
"""The width of a closed list in the usual column, and the part of it that its frame and its arrow take."""
_INDENT = 12
_WIDEST = 16777215
"""Qt's QWIDGETSIZE_MAX: no limit."""
_SEGMENT_LETTERS = 18
"""The total length up to which names are shown side by side; longer ones go into a combo box."""


def member_tip(member: type[Choice]) -> str:
    """Make a tooltip of what a member of a family does, and its formula."""
    return tip(summary_of(member), *formula_lines(member.formula))


def formula_lines(formula: str) -> list[str]:
    """Split a formula into the parts that are shown below each other."""
    return [" ".join(part.split()) for part in formula.split(";") if part.strip()]


@dataclass(frozen=True)
class Look:
    """The look of a generated row, which its panel decides and its declaration leaves open."""

    caption: str = ""
    """A shorter label, where the column is narrow."""
    prominent: bool = False
    """The slider gets its own line."""
    skip: tuple[str, ...] = ()
    """Fields of the value that get no row."""


_PLAIN = Look()


class RowMenuEvent(QEvent):
    """Tells the main window that the menu of a row opens, so that it can add entries of its own."""

    TYPE = QEvent.Type(QEvent.registerEventType())

    def __init__(self, row: FormRow, menu: QMenu) -> None:
        super().__init__(self.TYPE)
        self.row, self.menu = row, menu


class FormRow(QWidget):
    """A label and a control for one field. Subclasses add the control and say how to show a value."""

    edited = Signal(str, object, bool)
    """The path, the value asked for, and whether more of the same follows."""

    def __init__(self, field: Field, path: str, look: Look = _PLAIN, level: int = 0) -> None:
        super().__init__()
        self.field, self.path, self.look, self.level = field, path, look, level
        self.place = self.allowed = ""
        self.obstacle: Obstacle | None = None
        self._brief = quiet(QLabel(self))
        self.controls: dict[str, QWidget] = {}
        self.outer = tight(QVBoxLayout(self))
        self.line = QHBoxLayout()
        self.line.setSpacing(px(GRID))
        self.outer.addLayout(self.line)
        self.caption = Caption(look.caption or field.label)
        self.caption.setFixedWidth(caption_width(self.caption.text(), level))
        self.caption.reset_asked.connect(self.reset)
        self.line.addWidget(self.caption)
        self._brief.hide()
        self.add_controls()
        self.set_path(path)
        self._dress()

    def add_controls(self) -> None:
        """Make the controls of the row and put them into its layouts."""
        raise NotImplementedError

    def show_value(self, value: Any) -> None:
        """Show a value without asking for anything."""
        raise NotImplementedError

    def control(self, widget: QWidget, suffix: str = "") -> None:
        """Register a control under the row's path and a suffix; the label belongs to the one without a suffix."""
        self.controls[suffix] = widget
        if not suffix:
            self.caption.setBuddy(widget)
            # A click on the name is one on the control, so that the response is then that of the setting.
            self.caption.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
            self.caption.setFocusProxy(widget)

    def set_path(self, path: str) -> None:
        """Move the row to another place in the experiment; an empty path takes it out."""
        self.path = path
        self.caption.setObjectName(f"{path}.label" if path else "")
        for suffix, widget in self.controls.items():
            widget.setObjectName(".".join(part for part in (path, suffix) if part) if path else "")

    def set_place(self, place: str) -> None:
        """Set the name, such as `layer C`, by which screen readers distinguish equal rows."""
        if place != self.place:
            self.place = place
            self._dress()

    def show_obstacles(self, experiment: Experiment) -> None:
        """Switch the row off where its setting does not apply in an experiment, and say why."""
        obstacle = obstacle_to(experiment, self.path) if self.path else None
        if obstacle != self.obstacle:
            self.obstacle = obstacle
            self.setEnabled(obstacle is None)
            self._brief.setText(obstacle.brief if obstacle else "")
            self._make_room_for_brief()
            self._dress()

    def _make_room_for_brief(self) -> None:
        """Show why the row is off in a few words; rows without room for them leave them to the tooltip."""
        self._brief.setVisible(self.obstacle is not None and self.line.indexOf(self._brief) >= 0)

    @property
    def reason(self) -> str:
        """The reason why the row is off; empty where it is not."""
        return f"Off: {self.obstacle.reason}" if self.obstacle else ""

    def reset(self) -> None:
        """Emit `edited` with the declared default."""
        if self.field.default is not msgspec.NODEFAULT and self.isEnabled():
            self.ask(self.field.default)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        menu.setObjectName("row.menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if self.field.default is not msgspec.NODEFAULT:
            words = f"Reset {in_a_sentence(self.field.label)} to {self.named(self.field.default)}"
            menu.addAction(words).triggered.connect(self.reset)
        QApplication.sendEvent(_main_window_of(self), RowMenuEvent(self, menu))
        if menu.actions():
            menu.popup(event.globalPos())
        else:
            menu.deleteLater()

    def ask(self, value: Any, changing: bool = False) -> None:
        """Emit `edited` with a value."""
        self.edited.emit(self.path, value, changing)

    def named(self, value: Any) -> str:
        """Format a value as text."""
        return value_words(self.field, value)

    @property
    def hint(self) -> str:
        """The tooltip: why the row is off, what the setting does, its range and its default."""
        facts = [f"Allowed: {self.allowed}."] if self.allowed else []
        if self.field.default is not msgspec.NODEFAULT:
            facts.append(f"Default: {self.named(self.field.default)}.")
        return tip(self.reason, self.field.help, " ".join(facts))

    def fit(self) -> None:
        """Give labels and numbers the width that they need at the present zoom."""
        self.caption.setFixedWidth(caption_width(self.caption.text(), self.level))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self.fit()

    def _dress(self) -> None:
        hint, name = self.hint, self.field.label + (f", {self.place}" if self.place else "")
        self.setToolTip(hint)
        self.caption.setToolTip(hint)
        for suffix, widget in self.controls.items():
            spoken = f"{name} {suffix}" if suffix and suffix != "slider" else name
            identify(widget, spoken=spoken, about=f"{self.reason} {self.field.help}".strip())
            if isinstance(widget, ValueEntry):
                widget.set_hint(hint)
            else:
                widget.setToolTip(hint)


def _main_window_of(widget: QWidget) -> QWidget:
    """Return the window that a widget is in, or that the window of its dock belongs to."""
    window = widget.window()
    while (above := window.parentWidget()) is not None:
        window = above.window()
    return window


def caption_width(text: str, level: int) -> int:
    """Return the width of the column of labels, or a little more for a label that would be cut off."""
    font = QFont(QApplication.font())
    font.setPixelSize(px(NORMAL))
    column = px(CAPTION_WIDTH - _INDENT * level)
    return min(max(column, QFontMetrics(font).horizontalAdvance(text) + px(4)), column + px(3 * _INDENT))


def _caption_beside(words: str, caption: str) -> int:
    """The width of a short label, in pixels at zoom 1, that leaves a list in the usual column room for some words.

    Without words, it is the least one.
    """
    font = QFont(QApplication.font())
    font.setPixelSize(NORMAL)
    metrics = QFontMetrics(font)
    missing = max(0, metrics.horizontalAdvance(words) + _BESIDE_WORDS - _LIST_WIDTH) if words else CAPTION_WIDTH
    return max(CAPTION_WIDTH - missing, metrics.horizontalAdvance(caption) + GRID)


class NumberRow(FormRow):
    """Row of a number: a slider to explore, an entry to be exact, and a switch where it can be off."""

    def add_controls(self) -> None:
        field = self.field
        self.quantity = Quantity.of(field)
        self.allowed = f"{self.quantity.allowed}{' or off' if field.optional else ''}"
        self.shown: Number | None = None
        self.edits = Edits(self)
        self.edits.given.connect(self.ask)
        self.switch = self._switch() if field.optional else None
        self.slider = self._slider() if self.quantity.span else None
        self.entry = self._entry()
        self._arrange()

    def _switch(self) -> Switch:
        switch = Switch(self)
        switch.toggled.connect(self._switched)
        self.control(switch, "on")
        return switch

    def _slider(self) -> Slider:
        slider = Slider(self)
        if isinstance(self.field.default, int | float):
            slider.set_mark(self.quantity.place(self.field.default))
        slider.dragged.connect(self._dragged)
        slider.valueChanged.connect(self._set_slider)
        slider.let_go.connect(self._let_go)
        slider.stepped.connect(self._step)
        slider.reset_asked.connect(self.reset)
        self.control(slider, "slider")
        return slider

    def _entry(self) -> ValueEntry:
        entry = ValueEntry(self.quantity.problem_with, self)
        entry.setAlignment(Qt.AlignmentFlag.AlignRight)
        entry.entered.connect(self._entered)
        entry.stepped.connect(self._step)
        entry.left.connect(self._left)
        self.control(entry)
        return entry

    def _arrange(self) -> None:
        # Next to a switch, or where it matters most, the slider gets its own line.
        below = self.look.prominent or self.field.optional
        if self.slider and below:
            self.outer.addWidget(self.slider)
        self.fit()
        if self.look.prominent:
            for widget in (self.caption, self.entry):
                widget.setProperty("prominent", True)
        if self.switch:
            self.line.addWidget(self.switch)
        if self.slider and not below:
            self.line.addWidget(self.slider, 1)
            self.line.addWidget(self._brief, 1)
        self.entry.setMinimumWidth(px(_ENTRY_WIDTH - GRID))
        self.line.addWidget(self.entry, 0 if self._has_slider_beside else 1)
        if self._has_slider_beside:
            self.entry.textChanged.connect(self._make_room)
            self._make_room("")

    @property
    def _has_slider_beside(self) -> bool:
        return self.slider is not None and not self.field.optional

    def fit(self) -> None:
        super().fit()
        if self.look.prominent:
            self.caption.setMinimumWidth(px(CAPTION_WIDTH))
            self.caption.setMaximumWidth(_WIDEST)
        if self._has_slider_beside:
            self._make_room(self.entry.text())

    def _make_room(self, text: str) -> None:
        """Make room for the whole number, so that 1,000,000 does not look like 1,000,0."""
        usual = px(_ENTRY_WIDTH + (2 * GRID if self.look.prominent else 0))
        needed = self.entry.fontMetrics().horizontalAdvance(text) + px(2 * GRID + 4)
        self.entry.setFixedWidth(min(max(usual, needed), max(usual, px(_WIDEST_ENTRY))))

    @property
    def value(self) -> Number | None:
        """The value that the controls show, which a person may be changing."""
        latest: Any = self.edits.latest
        return latest if self.edits.running else self.shown

    def show_value(self, value: Number | None) -> None:
        is_other, self.shown = value != self.shown, value
        self.edits.shown(value)
        if not (self.slider and self.slider.isSliderDown()):
            self._display(value, is_other=is_other)

    def _display(self, value: Number | None, *, is_other: bool = False) -> None:
        """Show a value; what is being typed gives way to one that `is_other` than before."""
        if self.switch:
            self.switch.show_on(value is not None)
            self.entry.setEnabled(value is not None)
        if self.slider:
            self.slider.setVisible(value is not None and self._brief.isHidden())
            self.slider.show_place(self.quantity.place(value if value is not None else self.quantity.beginning))
        # What a person wrote stays as written while the cursor is in it, 1e-2 as much as 0.01.
        if not (self.entry.hasFocus() and value is not None and self._means(value)):
            self.entry.show_text(self.written(value), over_typing=is_other)

    def _make_room_for_brief(self) -> None:
        super()._make_room_for_brief()
        self._display(self.shown)

    def _means(self, value: Number) -> bool:
        try:
            return self.quantity.read(self.entry.text()) == value
        except ValueError:
            return False

    def _make(self, value: Number | None) -> None:
        if value != self.value:
            self.edits.make(value)

    def _entered(self, text: str) -> None:
        self._make(self.quantity.read(text))

    def _left(self) -> None:
        self.edits.end()
        self.entry.show_text(self.written(self.shown))

    def _at(self, position: int) -> Number:
        return self.quantity.at(position / SLIDER_STEPS)

    def _dragged(self, position: int) -> None:
        value = self._at(position)
        if value != self.value:
            self.entry.setModified(False)
            self.entry.show_text(self.written(value))
            self.edits.change(value)

    def _set_slider(self, position: int) -> None:
        self._make(self._at(position))

    def _let_go(self) -> None:
        if self.edits.running:
            self.edits.end()
        else:
            self._display(self.shown)

    def _step(self, steps: int) -> None:
        value = self.value
        if value is not None and (stepped := self.quantity.stepped(value, steps)) != value:
            self.edits.step(stepped)

    def _switched(self, on: bool) -> None:
        self.edits.make(self.quantity.beginning if on else None)

    def reset(self) -> None:
        if self.field.default is not msgspec.NODEFAULT and self.isEnabled():
            self._make(self.field.default)

    def written(self, value: Number | None) -> str:
        """Return a value as the entry shows it, without its unit."""
        return self.named(None) if value is None else self.quantity.write(value)


class SwitchRow(FormRow):
    """Row of a setting that is on or off."""

    def add_controls(self) -> None:
        self.switch = Switch(self)
        self.switch.toggled.connect(self.ask)
        self.line.addWidget(self.switch)
        self.line.addStretch(1)
        self.line.addWidget(self._brief)
        self.control(self.switch)

    def show_value(self, value: bool) -> None:
        self.switch.show_on(value)


class _PickRow(FormRow):
    """Row of a choice among a few names: side by side if they are short, else in a combo box."""

    def add_controls(self) -> None:
        self.values: tuple[Any, ...] = get_args(self.field.type)
        if self.field.optional:
            self.values = (None, *self.values)
        names = [self.field.nothing if value is None else title_of(value) for value in self.values]
        if sum(map(len, names)) <= _SEGMENT_LETTERS:
            self._picker: Segments | Combo = Segments(names, self)
            self._picker.chosen.connect(self._chosen)
        else:
            self._picker = Combo(self)
            self._picker.addItems(names)
            self._picker.currentIndexChanged.connect(self._chosen)
        self.line.addWidget(self._picker, 1)
        self.control(self._picker)
        if isinstance(self._picker, Segments):
            for value, button in zip(self.values, self._picker.buttons, strict=True):
                self.control(button, str(value))
            self.caption.setBuddy(self._picker.buttons[0])

    def show_value(self, value: Any) -> None:
        self._picker.show_index(self.values.index(value))

    def show_obstacles(self, experiment: Experiment) -> None:
        super().show_obstacles(experiment)
        for place, value in enumerate(self.values):
            self._picker.show_obstacle(place, obstacle_to_value(experiment, self.path, value))

    def _chosen(self, index: int) -> None:
        self.ask(self.values[index])


class _TextRow(FormRow):
    """Row of a text, which is applied with Enter or on leaving it."""

    def add_controls(self) -> None:
        self.shown = ""
        self.entry = ValueEntry(lambda _text: "", self)
        self.entry.entered.connect(self.ask)
        self.entry.left.connect(self._show_again)
        self.line.addWidget(self.entry, 1)
        self.control(self.entry)

    def show_value(self, value: str | None) -> None:
        before, self.shown = self.shown, value or ""
        self.entry.show_text(self.shown, over_typing=self.shown != before)

    def _show_again(self) -> None:
        self.entry.show_text(self.shown)


class ChoiceRow(FormRow):
    """Row of a member of a family, with a row for each of its parameters below."""

    def add_controls(self) -> None:
        self.shown: Choice | None = None
        self.kinds: list[type[Choice] | None] = [*([None] if self.field.optional else []), *self.field.choices]
        self.forms: dict[type[Choice], Form] = {}
        self.combo = Combo(self)
        for place, kind in enumerate(self.kinds):
            self.combo.addItem(self.title(kind))
            about = tip(self.title(None)) if kind is None else member_tip(kind)
            self.combo.setItemData(place, about, Qt.ItemDataRole.ToolTipRole)
        self.combo.currentIndexChanged.connect(self._chosen)
        self.line.addWidget(self.combo, 1)
        self.control(self.combo)
        self._nothing_formula = ""
        self._has_picture = False
        self._add_formula()
        self._show_formula()

    def _add_formula(self) -> None:
        """Put the formula of the chosen member below, a line for each of its steps."""
        self.formula = quiet(QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText))
        self.formula.setContentsMargins(px(_INDENT), 0, 0, 0)
        self.outer.removeItem(self.line)
        head = fill(tight(QVBoxLayout(), 0), self.line, self.formula)
        self._side = fill(tight(QHBoxLayout(), GRID), head, wide=head)
        self.outer.addLayout(self._side)

    def put_beside(self, picture: QWidget) -> None:
        """Put a picture beside the list, which gets room from the label instead."""
        self._side.addWidget(picture)
        self._has_picture = True
        self.fit()

    def _show_formula(self) -> None:
        formula = "\n".join(formula_lines(self.shown.formula if self.shown is not None else self._nothing_formula))
        self.formula.setVisible(bool(formula))
        if formula != self.formula.text():
            self.formula.setText(formula)

    def show_value(self, value: Choice | None) -> None:
        kind, before = (None if one is None else type(one) for one in (value, self.shown))
        self.combo.show_index(self.kinds.index(kind))
        self.shown = value
        if kind is not before:
            self._show_form(kind)
            self._show_formula()
            self._dress()
        if value is not None and type(value) in self.forms:
            self.forms[type(value)].show_value(value)

    def _show_form(self, kind: type[Choice] | None) -> None:
        # Forms are kept once made, so that going to and fro neither leaks nor rebuilds anything.
        for other, form in self.forms.items():
            if other is not kind:
                form.set_path("")
                form.hide()
        shown = self._form(kind) if kind is not None else None
        if shown is not None:
            shown.set_path(self.path)
            shown.set_place(self.place)
            shown.show()

    def _form(self, kind: type[Choice]) -> Form | None:
        if not set(fields_of(kind)) - set(self.look.skip):
            return None
        if kind not in self.forms:
            form = Form(kind, self.path, level=self.level + 1, skip=self.look.skip)
            form.edited.connect(self.edited)
            self.forms[kind] = form
            self.outer.addWidget(form)
        return self.forms[kind]

    def set_path(self, path: str) -> None:
        super().set_path(path)
        self.formula.setObjectName(f"{path}.formula" if path else "")
        if self.shown is not None and type(self.shown) in self.forms:
            self.forms[type(self.shown)].set_path(path)

    def set_place(self, place: str) -> None:
        super().set_place(place)
        for form in self.forms.values():
            form.set_place(place)

    def _chosen(self, index: int) -> None:
        kind = self.kinds[index]
        self.ask(None if kind is None else kind())

    def show_obstacles(self, experiment: Experiment) -> None:
        super().show_obstacles(experiment)
        for place, kind in enumerate(self.kinds):
            self.combo.show_obstacle(place, obstacle_to_value(experiment, self.path, kind))
        if self.shown is not None and type(self.shown) in self.forms:
            self.forms[type(self.shown)].show_obstacles(experiment)

    def set_nothing(self, words: str, why: str = "", formula: str = "") -> None:
        """Set the name and formula of the choice None, which may depend on the rest of the experiment."""
        if self.combo.itemText(0) != words:
            self.combo.setItemText(0, words)
            self.combo.setItemData(0, tip(why, *formula_lines(formula)), Qt.ItemDataRole.ToolTipRole)
            self._nothing_formula = formula
            self._show_formula()
            self.fit()

    def fit(self) -> None:
        super().fit()
        if self._has_picture or self.field.optional:
            words = "" if self._has_picture else self.combo.itemText(0)
            beside = px(_caption_beside(words, self.caption.text()))
            self.caption.setFixedWidth(min(self.caption.minimumWidth(), beside))

    def title(self, kind: type[Choice] | None) -> str:
        """Return the name of a member in the combo box."""
        return self.field.nothing if kind is None else kind.label or title_of(kind.__name__)

    @property
    def hint(self) -> str:
        here = self.shown
        present = (
            tip(f"{here.label}: {summary_of(type(here))}", *formula_lines(here.formula)) if here is not None else ""
        )
        return super().hint + present


class _GroupRow(FormRow):
    """Row of a group of fields, with a switch where the whole group can be off."""

    def add_controls(self) -> None:
        self.form = Form(self.field.type, self.path, level=self.level + 1, skip=self.look.skip)
        self.form.edited.connect(self.edited)
        self.outer.addWidget(self.form)
        self.switch: Switch | None = None
        if self.field.optional:
            self.switch = Switch(self)
            self.switch.toggled.connect(self._switched)
            self.line.addWidget(self.switch)
            self.control(self.switch)
        self.line.addStretch(1)
        self.line.addWidget(self._brief)

    def show_value(self, value: msgspec.Struct | None) -> None:
        if self.switch:
            self.switch.show_on(value is not None)
        self.form.setVisible(value is not None)
        if value is not None:
            self.form.show_value(value)

    def show_obstacles(self, experiment: Experiment) -> None:
        super().show_obstacles(experiment)
        self.form.show_obstacles(experiment)

    def _switched(self, on: bool) -> None:
        self.ask(self.field.type() if on else None)

    def set_path(self, path: str) -> None:
        super().set_path(path)
        self.form.set_path(path)

    def set_place(self, place: str) -> None:
        super().set_place(place)
        self.form.set_place(place)


def row_for(field: Field, path: str, look: Look = _PLAIN, level: int = 0) -> FormRow | None:
    """Make the row that fits a field's declaration; None for what no row can show, such as a list."""
    kinds: dict[Any, type[FormRow]] = {bool: SwitchRow, int: NumberRow, float: NumberRow, str: _TextRow}
    kind = kinds.get(field.type)
    if field.choices:
        kind = ChoiceRow
    elif get_origin(field.type) is Literal:
        kind = _PickRow
    elif is_struct(field.type):
        kind = _GroupRow
    return kind(field, path, look, level) if kind else None


class Form(QWidget):
    """Rows for all fields of a struct, in the order of their declaration."""

    edited = Signal(str, object, bool)

    def __init__(self, struct: type[msgspec.Struct], path: str, level: int = 0, skip: Iterable[str] = ()) -> None:
        super().__init__()
        self.rows: dict[str, FormRow] = {}
        lines = tight(QVBoxLayout(self), margins=(_INDENT if level else 0, 0, 0, 0))
        for name, declaration in with_distinct_labels(fields_of(struct)).items():
            row = None if name in skip else row_for(declaration, join_path(path, name), level=level)
            if row is not None:
                row.edited.connect(self.edited)
                self.rows[name] = row
                lines.addWidget(row)

    def show_value(self, value: msgspec.Struct) -> None:
        """Show the fields of a struct."""
        for name, row in self.rows.items():
            row.show_value(getattr(value, name))

    def show_obstacles(self, experiment: Experiment) -> None:
        """Switch off the rows whose settings do not apply in an experiment."""
        for row in self.rows.values():
            row.show_obstacles(experiment)

    def set_path(self, path: str) -> None:
        """Move all rows to another place in the experiment; an empty path takes them out."""
        for name, row in self.rows.items():
            row.set_path(join_path(path, name) if path else "")

    def set_place(self, place: str) -> None:
        """Set the name by which screen readers distinguish equal forms."""
        for row in self.rows.values():
            row.set_place(place)
