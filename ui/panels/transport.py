"""The bar that controls training: reset, play, one step, one epoch, other weights, the readout and the speed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt, Signal, SignalInstance
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from playground.experiment.quantity import round_digits
from playground.measure.diagnosis import BALANCE, Remedy
from playground.measure.oddities import oddities
from playground.measure.requests import ConfusionRequest
from playground.measure.skew import balanced, is_skewed, largest_share, recalls, worst_first
from playground.measure.snapshot import Snapshot

from ..forms.buttons import IconButton, identify, tip
from ..forms.controls import SLIDER_STEPS, Slider
from ..forms.edits import Edits
from ..forms.layouts import STRETCH, fill, quiet, tight
from ..look.beat import Throttle
from ..look.numbers import number_text, percent_text, plural_text
from ..look.theme import GRID, px, tabular

_SLOWEST, _FASTEST = 1.0, 10_000.0
"""Steps per second at the left end of the speed slider and just before its right end, which has no limit."""
DEFAULT_SPEED = 200.0
"""Slow enough to watch: a spiral takes shape in ten seconds and is learned in twenty."""
_UNLIMITED = 0.94
"""From this place on the slider means no limit."""

_SPEED_HELP = (
    "How many updates are made per second. At the left end you see every single one; at the right end training goes as "
    "fast as it can. A double click brings back the speed to watch at."
)

_LOSS_HELP = "Mean loss: training / validation."
_SCORE_HELP = "Share of points right: training / validation."
_R2_HELP = "Share of the variance that is explained, R²: training / validation."

_BALANCE_HELP = "Weighs the points so that every class counts as much as the others. Ctrl+Z takes it back."

_BETWEEN = " · "
"""What stands between the recalls of two classes."""
_ROOMY = 1170
"""The width, in pixels, from which nothing has to be narrow."""
_GUEST_WIDTHS, _SPEED_WIDTHS = (196, 220), (72, 120)
"""Widths, in pixels, of the row of another panel and of the speed: narrow and usual."""


class _Readout(QLabel):
    """Number with room for the longest one if the bar has it."""

    def __init__(self, usual: str, widest: str) -> None:
        super().__init__("–")
        self.setProperty("readout", True)
        self.setFont(tabular(self.font()))
        self.ensurePolished()
        self._least, widest_width = (self.fontMetrics().horizontalAdvance(text) + px(4) for text in (usual, widest))
        self.setMaximumWidth(widest_width)

    def sizeHint(self) -> QSize:
        return QSize(self.maximumWidth(), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        hint = super().sizeHint()
        return QSize(min(max(self._least, hint.width()), self.maximumWidth()), hint.height())


class _Recalls(_Readout):
    """The recall of as many classes as there is room for, the first ones; never a part of a number."""

    def __init__(self) -> None:
        super().__init__("A 00.0 %", "Chinstrap 00.0 % · Chinstrap 00.0 %")
        self._entries = ["–"]

    def show_classes(self, found: Sequence[tuple[str, float | None]]) -> None:
        """Show classes with their recalls."""
        self._entries = [f"{name} {percent_text(value)}" for name, value in found]
        self._fit()

    def minimumSizeHint(self) -> QSize:
        width = max(self._least, self._width_of(self._entries[:1]))
        return QSize(min(width, self.maximumWidth()), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        count = len(self._entries)
        while count > 1 and self._width_of(self._entries[:count]) > self.width():
            count -= 1
        self.setText(_BETWEEN.join(self._entries[:count]))

    def _width_of(self, entries: Sequence[str]) -> int:
        return self.fontMetrics().horizontalAdvance(_BETWEEN.join(entries)) + px(4)


class TransportBar(QWidget):
    """Bar that asks for play, steps and speed, and shows the state of training."""

    play_toggled = Signal(bool)
    step_requested = Signal()
    epoch_requested = Signal()
    reset_requested = Signal()
    reseed_requested = Signal()
    remedy_accepted = Signal(object)
    """Carries the Remedy that the person accepted."""
    speed_changed = Signal(object)
    """Steps per second, or None for as fast as it goes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.running = False
        self.snapshot: Snapshot | None = None
        self.guest: QWidget | None = None
        self.line = tight(QHBoxLayout(self), GRID, (GRID + GRID // 2, GRID // 2, GRID + GRID // 2, GRID // 2))
        self._add_buttons()
        self.line.addSpacing(px(GRID))
        self.epoch = self._add_readout("Epoch", "0,000", "00,000,000", "Passes through the training points.")
        self.step = self._add_readout("Step", "00,000", "000,000,000", "Updates of the weights.")
        self.loss = self._add_readout("Loss", "0.000 / 0.000", "0.00e-00 / 0.00e-00", _LOSS_HELP)
        self.score = self._add_readout("Accuracy", "00.0 % / 00.0 %", "−0.0e000 / −0.0e000", _SCORE_HELP)
        self._add_recall()
        self.line.addStretch(1)
        self._guests = QHBoxLayout()
        self.line.addLayout(self._guests, 3)
        self.line.addSpacing(px(2 * GRID))
        self._add_speed()
        self._text = Throttle(self._write, self)
        self._write()

    @property
    def readout(self) -> tuple[QLabel, ...]:
        """The numbers of the present moment."""
        return self.epoch, self.step, self.loss, self.score, self.recall

    def give_room(self, row: QWidget) -> None:
        """Take in a row of another panel that should always be in sight."""
        fill(self._guests, STRETCH, row)
        self.guest = row
        self._divide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._divide()

    def _divide(self) -> None:
        roomy = self.width() >= px(_ROOMY)
        self.line.setSpacing(px(GRID if roomy else GRID // 2))
        self.speed_slider.setFixedWidth(px(_SPEED_WIDTHS[roomy]))
        style = Qt.ToolButtonStyle
        self.balance.setToolButtonStyle(style.ToolButtonTextBesideIcon if roomy else style.ToolButtonIconOnly)
        if self.guest is not None:
            self.guest.setFixedWidth(px(_GUEST_WIDTHS[roomy]))

    def _add_buttons(self) -> None:
        same, other = "Back to the same initial weights.", "Start from other random weights: the next seed."
        self.reset = self._button("reset", "arrow-counter-clockwise", "Reset", same, self.reset_requested)
        self.play = self._button("play", "play-fill", "Play", "", self._play_clicked)
        self.play.setProperty("play", True)
        self.play.setCheckable(True)
        self.play.setIconSize(QSize(px(20), px(20)))
        self._button("step", "caret-right", "One step", "One update of the weights.", self.step_requested)
        self._button("epoch", "caret-double-right", "One epoch", "One pass through the points.", self.epoch_requested)
        self.reseed = self._button("reseed", "dice-five", "Reseed", other, self.reseed_requested)
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

    def _add_readout(self, title: str, usual: str, widest: str, tip: str) -> QLabel:
        caption, number = quiet(QLabel(title)), _Readout(usual, widest)
        identify(number, f"transport.{title.lower()}.value", title)
        self._add_block(caption, number, tip)
        if title == "Accuracy":
            self.score_caption = caption
        return number

    def _add_block(self, caption: QLabel, control: QWidget, hint: str) -> None:
        caption.setBuddy(control)
        for widget in (caption, control):
            widget.setToolTip(hint)
        self.line.addLayout(fill(tight(QVBoxLayout(), 0), STRETCH, caption, control, STRETCH))

    def _add_recall(self) -> None:
        """Add what stands beside accuracy where classes are very uneven."""
        self.skew, self.recall = QWidget(), _Recalls()
        identify(self.recall, "transport.recall.value", "Recall")
        self.balance = identify(IconButton("scales", BALANCE, _BALANCE_HELP), "transport.balance")
        self.balance.setText("Balance")
        self.balance.clicked.connect(self._balance)
        row = tight(QHBoxLayout(self.skew), GRID)
        row.addLayout(fill(tight(QVBoxLayout(), 0), STRETCH, quiet(QLabel("Recall")), self.recall, STRETCH))
        fill(row, self.balance)
        self.skew.hide()
        self.line.addWidget(self.skew)

    def _balance(self) -> None:
        fair = None if self.snapshot is None else balanced(self.snapshot.experiment, self.snapshot.sample)
        if fair is not None:
            self.remedy_accepted.emit(Remedy(BALANCE, fair))

    def _write_recall(self, snapshot: Snapshot) -> None:
        counts = snapshot.answer(ConfusionRequest) if is_skewed(snapshot.sample) else None
        self.skew.setVisible(counts is not None)
        if counts is None:
            return
        self.balance.setVisible(balanced(snapshot.experiment, snapshot.sample) is not None)
        found = dict(zip(snapshot.sample.class_names, recalls(counts.telling), strict=False))
        self.recall.show_classes(worst_first(found))
        largest = largest_share(snapshot.sample)
        assert largest is not None
        share, name = percent_text(largest[1]), snapshot.sample.class_names[largest[0]]
        of = "validation" if counts.validation.any() else "training"
        every = "; ".join(f"{name} {percent_text(value)}" for name, value in found.items())
        self.recall.setToolTip(tip(
            f"The share of each class's {of} points that are recognised: {every}.",
            f"{share} of the training points are of class {name}, so accuracy says little: "
            "who always answers that is as often right.",
        ))  # fmt: skip

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the state of training when all texts change next."""
        first, self.snapshot = self.snapshot is None, snapshot
        if first:
            self._text.now()
        else:
            self._text.request()

    def _write(self) -> None:
        snapshot = self.snapshot
        if snapshot is None:
            return
        evaluation = snapshot.evaluation
        self.epoch.setText(f"{snapshot.epoch:,}")
        self.step.setText(f"{snapshot.step:,}")
        self.loss.setText(f"{number_text(evaluation.train_loss)} / {number_text(evaluation.validation_loss)}")
        shares = (evaluation.train_accuracy, evaluation.validation_accuracy)
        regression = snapshot.sample.task == "regression"
        write = number_text if regression else percent_text
        self.score.setText(" / ".join(write(share) for share in shares))
        self._write_recall(snapshot)
        odd = oddities(snapshot)
        self.score_caption.setText("R²" if regression else "Accuracy")
        self.score.setToolTip(tip(_R2_HELP if regression else _SCORE_HELP, *odd))
        self.loss.setToolTip(tip(_LOSS_HELP, snapshot.sample.loss_unit, *odd))

    def _add_speed(self) -> None:
        self.speed_text = quiet(QLabel())
        self.speed_slider = identify(Slider(), "transport.speed", "Speed")
        self._add_block(self.speed_text, self.speed_slider, tip(_SPEED_HELP))
        self.edits = Edits(self)
        self.edits.given.connect(self.speed_changed)
        self.speed_slider.dragged.connect(self._drag_speed)
        self.speed_slider.valueChanged.connect(self._set_speed)
        self.speed_slider.let_go.connect(self.edits.end)
        self.speed_slider.stepped.connect(self._step_speed)
        self.speed_slider.reset_asked.connect(self._reset_speed)
        self.speed_slider.set_mark(speed_place(DEFAULT_SPEED))
        self.show_speed(DEFAULT_SPEED)

    def show_speed(self, steps_per_second: float | None) -> None:
        """Show a speed."""
        self.speed = steps_per_second
        self.speed_slider.show_place(speed_place(steps_per_second))
        rate = "Full speed" if steps_per_second is None else f"{plural_text(round(steps_per_second), 'step')}/s"
        self.speed_text.setText(rate)

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
