"""The bar that controls training: reset, play, one step, one epoch, other weights, the readout and the speed."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QEvent, QSize, Qt, Signal, SignalInstance
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QVBoxLayout, QWidget

from playground.experiment.quantity import round_digits
from playground.measure.sentences import counted
from playground.measure.snapshot import Snapshot
from playground.studies.race import RaceMoment

from ..forms.buttons import IconButton, identify, tip
from ..forms.controls import SLIDER_STEPS, Slider
from ..forms.edits import Edits
from ..forms.layouts import STRETCH, fill, quiet, tight
from ..look.beat import Throttle
from ..look.theme import GRID, px
from .readout import Readout

_SLOWEST, _FASTEST = 1.0, 10_000.0
"""Steps per second at the left end of the speed slider and just before its right end, which has no limit."""
DEFAULT_SPEED = 200.0
"""Slow enough to watch: a spiral takes shape in ten seconds and is learned in twenty."""
_UNLIMITED = 0.94
"""From this place on the slider means no limit."""

_SPEED_HELP = (
    "Updates per second. At the left end you see every single one; at the right end training runs at full speed. "
    "Double-click to reset it."
)

_MORE_HELP = "Controls that do not fit at this window size."
_OFFERED_SPEEDS = (1.0, 20.0, DEFAULT_SPEED, 1000.0, None)
"""Steps per second in the menu that stands for the slider."""
_CONTROLS_HELP = "Shows or hides the column with data, layers and training (Ctrl+B)."
_NARROWEST = 620
"""The least width of the bar, in pixels."""
_GUEST_WIDTHS, _SPEED_WIDTHS = (192, 220), (64, 112)
"""Widths, in pixels, of the row of another panel and of the speed: the least and the usual."""


class TransportBar(QWidget):
    """Bar that asks for play, steps and speed, and shows the state of training."""

    play_toggled = Signal(bool)
    step_requested = Signal()
    epoch_requested = Signal()
    reset_requested = Signal()
    reseed_requested = Signal()
    controls_toggled = Signal()
    """Asks to close or open the column of controls."""
    speed_changed = Signal(object)
    """Steps per second, or None for as fast as it goes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.running = False
        self.snapshot: Snapshot | None = None
        self._race: RaceMoment | None = None
        self.guest: QWidget | None = None
        self.line = tight(QHBoxLayout(self), GRID // 2, (GRID, 3, GRID, 0))
        self._add_buttons()
        self.line.addSpacing(px(GRID))
        self.readout = Readout()
        self.remedy_accepted = self.readout.remedy_accepted
        fill(self.line, self.readout, STRETCH)
        self.line.addSpacing(px(GRID))
        self._guests = QHBoxLayout()
        self.line.addLayout(self._guests)
        self._add_speed()
        self._add_more()
        self._text = Throttle(self._write, self)
        self._write()

    def give_room(self, row: QWidget) -> None:
        """Take in a row that belongs to another panel but should always be in sight."""
        fill(self._guests, row)
        self.guest = row
        self._divide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._divide()

    def minimumSizeHint(self) -> QSize:
        # What has no room is taken out, so that the window may be narrower than all of it.
        return QSize(px(_NARROWEST), super().minimumSizeHint().height())

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            # Another number of classes may need more room.
            self._divide()
        return super().event(event)

    def _divide(self) -> None:
        """Give the sliders the room that is left; where there is too little, leave parts to the menu of the rest."""
        gap, margin = px(GRID // 2), px(2 * GRID)
        speed = margin + max(px(_SPEED_WIDTHS[0]), self.speed_text.sizeHint().width())
        needed = {part: _least_width(part) + gap for part in self._longest_kept_first}
        needed[self.speed_box] = speed + gap
        needed[self.readout.place] += px(3 * GRID) - gap
        always = _least_width(self.controls) + _least_width(self.play) + px(_GUEST_WIDTHS[0]) + 3 * gap
        room = self.width() - always - self.readout.least_width - 4 * px(GRID)
        self.more.setVisible(room < sum(needed.values()))
        room -= 0 if self.more.isHidden() else _least_width(self.more) + gap
        for part, width in needed.items():
            has_room = room >= width
            room -= width if has_room else 0
            if part is self.readout.place:
                self.readout.show_place(has_room)
            else:
                part.setVisible(has_room)
        # Numbers come before longer sliders.
        room -= self.readout.sizeHint().width() - self.readout.minimumSizeHint().width()
        self._widen_sliders(room, speed, max(speed, margin + px(_SPEED_WIDTHS[1])))

    def _widen_sliders(self, room: int, least: int, most: int) -> None:
        share = min(max(room / max(most - least + px(_GUEST_WIDTHS[1] - _GUEST_WIDTHS[0]), 1), 0.0), 1.0)
        self.speed_box.setFixedWidth(round(least + share * (most - least)))
        if self.guest is not None:
            narrow, wide = _GUEST_WIDTHS
            self.guest.setFixedWidth(px(narrow + share * (wide - narrow)))

    def _add_buttons(self) -> None:
        self.controls = self._button("controls", "sliders", "Controls", _CONTROLS_HELP, self.controls_toggled)
        same, other = "Back to the same initial weights.", "Start from new random weights, with the next seed."
        self.reset = self._button("reset", "arrow-counter-clockwise", "Reset", same, self.reset_requested)
        self.play = self._button("play", "play-fill", "Play", "", self._play_clicked)
        self.play.setProperty("play", True)
        self.play.setCheckable(True)
        self.play.setIconSize(QSize(px(20), px(20)))
        self.step = self._button("step", "caret-right", "One step", "One update of the weights.", self.step_requested)
        points = "One pass through the points."
        self.epoch = self._button("epoch", "caret-double-right", "One epoch", points, self.epoch_requested)
        self.reseed = self._button("reseed", "dice-five", "New initial weights", other, self.reseed_requested)
        QWidget.setTabOrder(self.play, self.reset)
        self._show_play()

    def _button(
        self, name: str, icon_name: str, label: str, tip: str, clicked: SignalInstance | Callable[[], None]
    ) -> IconButton:
        button = IconButton(icon_name, label, f"{label}. {tip}" if tip else label)
        button.setObjectName(f"transport.{name}")
        button.setProperty("transport", True)
        button.setIconSize(QSize(px(18), px(18)))
        button.clicked.connect(clicked)
        self.line.addWidget(button)
        return button

    def _play_clicked(self) -> None:
        # A click asks; the button follows what really runs.
        self.play.setChecked(self.running)
        self.play_toggled.emit(not self.running)

    def show_running(self, running: bool) -> None:
        """Show whether training runs."""
        if running != self.running:
            self.running = running
            self._show_play()

    def _show_play(self) -> None:
        self.play.set_icon("pause-fill" if self.running else "play-fill", "on_accent")
        self.play.setChecked(self.running)
        spoken, hint = ("Pause", "Pause training (Space)") if self.running else ("Play", "Train (Space)")
        identify(self.play, spoken=spoken, hint=hint)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the state of training at the next beat of texts."""
        first, self.snapshot = self.snapshot is None, snapshot
        if first:
            self._text.now()
        else:
            self._text.request()

    def show_race(self, moment: RaceMoment | None) -> None:
        """Show where a race stands in place of the run; None: the run again."""
        ended, self._race = moment is None and self._race is not None, moment
        self._text.request(at_once=ended)

    def _write(self) -> None:
        if self._race is not None:
            self.readout.write_lane(self._race, *_leader(self._race))
        elif self.snapshot is not None:
            self.readout.write(self.snapshot)

    def _add_speed(self) -> None:
        self.speed_text = quiet(QLabel())
        self.speed_slider = identify(Slider(), "transport.speed", "Speed")
        self.speed_text.setBuddy(self.speed_slider)
        for widget in (self.speed_text, self.speed_slider):
            widget.setToolTip(tip(_SPEED_HELP))
        self.speed_box = QWidget()
        lines = fill(tight(QVBoxLayout(self.speed_box), 0), STRETCH, self.speed_text, self.speed_slider, STRETCH)
        lines.setContentsMargins(px(2 * GRID), 0, 0, 0)
        self.line.addWidget(self.speed_box)
        self.edits = Edits(self)
        self.edits.given.connect(self.speed_changed)
        self.speed_slider.dragged.connect(self._drag_speed)
        self.speed_slider.valueChanged.connect(self._set_speed)
        self.speed_slider.let_go.connect(self.edits.end)
        self.speed_slider.stepped.connect(self._step_speed)
        self.speed_slider.reset_asked.connect(self._reset_speed)
        self.speed_slider.set_mark(speed_place(DEFAULT_SPEED))
        self.show_speed(DEFAULT_SPEED)

    def _add_more(self) -> None:
        """Add the menu of what has no room."""
        self.more = self._button("more", "dots-three", "More controls", _MORE_HELP, self._offer_more)
        self.more.hide()
        self._longest_kept_first = (
            self.reset,
            self.step,
            self.readout.luck,
            self.speed_box,
            self.epoch,
            self.readout.place,
            self.reseed,
        )

    def _offer_more(self) -> None:
        """Show a menu of the parts that have no room."""
        menu = identify(QMenu(self), "transport.rest", "More controls")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if self.readout.place.isHidden():
            menu.addAction(f"Epoch {self.readout.epoch.text()}, step {self.readout.step.text()}").setEnabled(False)
        for button in (self.reset, self.step, self.epoch, self.reseed, self.readout.luck):
            if button.isHidden():
                menu.addAction(button.icon(), button.accessibleName()).triggered.connect(button.click)
        if self.speed_box.isHidden():
            menu.addSeparator()
            for speed in _OFFERED_SPEEDS:
                action = menu.addAction(_speed_words(speed))
                action.setCheckable(True)
                action.setChecked(speed == self.speed)
                action.triggered.connect(partial(self.speed_changed.emit, speed))
        menu.popup(self.more.mapToGlobal(self.more.rect().bottomLeft()))

    def show_speed(self, steps_per_second: float | None) -> None:
        """Show a speed."""
        self.speed = steps_per_second
        self.speed_slider.show_place(speed_place(steps_per_second))
        self.speed_text.setText(_speed_words(steps_per_second))

    def _drag_speed(self, position: int) -> None:
        self.show_speed(speed_at(position / SLIDER_STEPS))
        self.edits.change(self.speed)

    def _set_speed(self, position: int) -> None:
        self.show_speed(speed_at(position / SLIDER_STEPS))
        self.edits.make(self.speed)

    def _step_speed(self, steps: int) -> None:
        self._set_speed(min(max(self.speed_slider.value() + steps * SLIDER_STEPS // 40, 0), SLIDER_STEPS))

    def _reset_speed(self) -> None:
        self.show_speed(DEFAULT_SPEED)
        self.edits.make(DEFAULT_SPEED)


def _leader(race: RaceMoment) -> tuple[int | None, tuple[str, ...]]:
    """The place of the lane that leads a race, if there is one, and words for it, in decreasing length."""
    if not race.ranking:
        return None, ("all diverged",)
    if race.behind:
        return None, ("catching up",)
    place = race.ranking[0][0]
    if not any(lane.step for lane in race.lanes):
        return place, ("at the start",)
    # By itself a value such as 0 could be that of any setting.
    name = race.names.whole(place)
    return place, (f"{name} leads", name, f"{race.names.labels[place]} leads")


def _least_width(part: QWidget) -> int:
    """The width that a layout gives a part at least, shown or not."""
    return min(max(part.minimumSizeHint().width(), part.minimumWidth()), part.maximumWidth())


def _speed_words(steps_per_second: float | None) -> str:
    return "Full speed" if steps_per_second is None else f"{counted(round(steps_per_second), 'step')}/s"


def speed_at(place: float) -> float | None:
    """Return the steps per second at a place of the slider, 0…1; None for no limit."""
    if place >= _UNLIMITED:
        return None
    return round_digits(_SLOWEST * (_FASTEST / _SLOWEST) ** (place / _UNLIMITED))


def speed_place(steps_per_second: float | None) -> float:
    """Return the place of a speed on the slider, 0…1."""
    if steps_per_second is None:
        return 1.0
    return _UNLIMITED * math.log(max(steps_per_second, _SLOWEST) / _SLOWEST) / math.log(_FASTEST / _SLOWEST)
