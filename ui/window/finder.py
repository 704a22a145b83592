"""The dialog that finds good settings: it asks what may vary and for how long, and reports what was found."""

from __future__ import annotations

import importlib.util
import math
import time
from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QDialog,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from playground import InputError
from playground.experiment.words import edit_words, path_words
from playground.studies.finding import USUAL, Found, find_settings, search_ranges
from playground.studies.response import horizon_after
from playground.studies.search import Search, SearchResult, Trial

from ..forms.buttons import identify, push_button
from ..forms.layouts import STRETCH, fill, quiet, restyle, tight
from ..look.numbers import percent_text
from ..look.theme import GRID, px
from ..session.jobs import Job, finish_jobs
from ..session.power import run_beside, spare_cores
from ..session.session import Session

_SIZE = 560, 600
_BAR_HEIGHT = 10
_SECONDS, _MOST_SECONDS = 15, 600
_SEEDS = 3
"""Starts of every trial: one alone would be luck."""
_MISSING = 'Searching needs a library that is not installed: pip install "neural-network-playground[search]"'
_USE = "Restarts with these settings. Ctrl+Z undoes it."
_WORSE = "Off: these settings are clearly worse than the present ones."
_ABOUT = (
    "Tries combinations of the checked settings, each from three starts, and keeps the one with the lowest mean "
    "validation loss. The result is then compared with the present settings from 16 fresh starts."
)


class Finder(QDialog):
    """Dialog that searches for good settings of the present experiment beside the run. Closing it ends the search."""

    chosen = Signal(object, str)
    """The experiment with the settings that were found, and what that step is called."""
    _heard = Signal(object)

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("finder")
        self.setWindowTitle("Find good settings")
        self.session, self.experiment = session, session.experiment
        self.job: Job | None = None
        self.found: Found | None = None
        self._lowest, self._has_enough = math.inf, False
        self._heard.connect(self._show_trials)
        self._make_controls()
        self._arrange()
        self._list_settings()
        self._show_state()

    def _make_controls(self) -> None:
        self.settings = identify(QListWidget(), "finder.settings", "Settings to search", "Check the settings to vary.")
        self.settings.itemChanged.connect(lambda _: self._show_state())
        self.every = push_button("finder.all", "All", "Checks all settings.", small=True)
        self.usual = push_button("finder.usual", "The usual ones", "Checks the settings that matter most.", small=True)
        self.every.clicked.connect(partial(self._check, lambda path: True))
        self.usual.clicked.connect(partial(self._check, lambda path: path in USUAL))
        self.seconds = identify(QSpinBox(), "finder.seconds", "Budget in seconds", "How long to search.")
        self.seconds.setRange(1, _MOST_SECONDS)
        self.seconds.setValue(_SECONDS)
        self.seconds.setSuffix(" seconds")
        hint = "Ends the search once a mean validation loss is as low as this."
        self.goal = identify(QDoubleSpinBox(), "finder.goal", "Goal for the validation loss", hint)
        self.goal.setDecimals(4)
        self.goal.setSpecialValueText("as low as possible")
        self.log = identify(QListWidget(), "finder.log", "Best combinations so far")
        self.log.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.log.setWordWrap(True)
        self.bar = identify(QProgressBar(textVisible=False), "finder.progress", "Time used")
        self.bar.setFixedHeight(px(_BAR_HEIGHT))
        self.words = identify(QLabel(wordWrap=True), "finder.words", "State of the search")
        self.words.setMinimumHeight(4 * self.words.fontMetrics().lineSpacing())
        self.words.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.start = push_button("finder.start", "Search", "Searches until the time is up or the goal is reached.")
        self.start.clicked.connect(self._start_or_stop)
        self.use = push_button("finder.use", "Use these settings", _USE)
        self.use.clicked.connect(self._use)
        self.close_button = push_button("finder.close", "Close", "Ends the search and closes this dialog.")
        self.close_button.clicked.connect(self.reject)

    def _arrange(self) -> None:
        lines = tight(QVBoxLayout(self), GRID, (2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID))
        about = quiet(QLabel(_ABOUT, wordWrap=True))
        which = fill(QHBoxLayout(), QLabel("May vary"), STRETCH, self.every, self.usual)
        budget = fill(QHBoxLayout(), QLabel("Search for"), self.seconds, STRETCH, QLabel("Goal"), self.goal)
        buttons = fill(QHBoxLayout(), STRETCH, self.close_button, self.use, self.start)
        fill(lines, about, which, self.settings, budget, self.bar, self.log, self.words, buttons)
        self.resize(px(_SIZE[0]), px(_SIZE[1]))

    def _list_settings(self) -> None:
        self.ranges = search_ranges(self.experiment)
        for path in [*filter(self.ranges.__contains__, USUAL), *(one for one in self.ranges if one not in USUAL)]:
            item = QListWidgetItem(path_words(self.experiment, path))
            item.setData(Qt.ItemDataRole.UserRole, path)
            item.setCheckState(Qt.CheckState.Checked if path in USUAL else Qt.CheckState.Unchecked)
            self.settings.addItem(item)

    def _check(self, which: object, *_: object) -> None:
        assert callable(which)
        for item in self._items():
            on = which(item.data(Qt.ItemDataRole.UserRole))
            item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)

    def _items(self) -> list[QListWidgetItem]:
        return [self.settings.item(row) for row in range(self.settings.count())]

    @property
    def chosen_paths(self) -> list[str]:
        """The checked settings, without those of a choice that itself varies, which keep their defaults."""
        checked = [item.data(Qt.ItemDataRole.UserRole) for item in self._items() if item.checkState().value]
        return [path for path in checked if not any(path.startswith(f"{other}.") for other in checked)]

    # The search ---------------------------------------------------------------------------------------------------

    def _start_or_stop(self) -> None:
        if self.job is not None:
            self._has_enough = True
            self.start.setEnabled(False)
            return
        self.experiment = self.session.experiment
        self.found, self._lowest, self._has_enough = None, math.inf, False
        self.log.clear()
        report = self.session.report
        epochs = horizon_after(report.present.epoch if report is not None else 0)
        over = {path: self.ranges[path] for path in self.chosen_paths if path in search_ranges(self.experiment)}
        try:
            plan = Search(self.experiment, over, epochs, seconds=self.seconds.value(), seeds=_SEEDS)
        except InputError as error:
            self.words.setText(str(error))
            return
        self.bar.setRange(0, 10 * self.seconds.value())
        self.words.setText(f"Training each combination for {epochs:,} epochs…")
        self.job = Job(self, partial(self._search, plan, self.goal.value()), self._show_found, self._show_failure)
        self._show_state()

    def _search(self, plan: Search, goal: float, job: Job) -> Found:
        run_beside()
        lowest = [math.inf]

        def hear(trials: Sequence[Trial]) -> None:
            losses = [trial.loss for trial in trials if trial.status == "completed" and trial.loss is not None]
            lowest[0] = min(losses, default=lowest[0])
            self._heard.emit((time.monotonic() - begun, tuple(trials)))

        begun, workers = time.monotonic(), max(1, spare_cores())
        return find_settings(
            plan,
            workers=workers,
            stop=lambda: self._has_enough or lowest[0] <= goal,
            cancelled=lambda: job.cancelled,
            progress=hear,
        )

    def _show_trials(self, heard: tuple[float, tuple[Trial, ...]]) -> None:
        seconds, trials = heard
        if self.job is None:
            return
        self.bar.setValue(min(round(10 * seconds), self.bar.maximum()))
        for number, trial in enumerate(trials, 1):
            if trial.status == "completed" and trial.loss is not None and trial.loss < self._lowest:
                before = f", was {self._lowest:.3g}" if self.log.count() else ""
                self._lowest = trial.loss
                settings = edit_words(self.experiment, self.experiment.with_(trial.values)) or "the present settings"
                self.log.insertItem(0, f"{trial.loss:.3g}{before} (trial {number:,}): {settings}")
        given_up = sum(trial.status == "pruned" for trial in trials)
        diverged = sum(trial.status == "diverged" for trial in trials)
        self.words.setText(
            f"Tried {len(trials):,} combinations: {given_up:,} given up early, since half of the others were better by "
            f"then; {diverged:,} diverged."
        )

    def _show_found(self, found: Found) -> None:
        self.job, self.found = None, found
        self.words.setText(found_words(found))
        self._show_state()

    def _show_failure(self, error: Exception) -> None:
        self.job = None
        self.words.setText(str(error))
        self._show_state()

    def _show_state(self) -> None:
        searching = self.job is not None
        can = importlib.util.find_spec("optuna") is not None
        if not can:
            self.words.setText(_MISSING)
        self.start.setText("Stop" if searching else "Search")
        self.start.setEnabled(can and bool(self.chosen_paths))
        for control in (self.settings, self.every, self.usual, self.seconds, self.goal):
            control.setEnabled(not searching)
        comparison = self.found.comparison if self.found is not None else None
        is_better = comparison is not None and comparison.gain.is_certain
        is_worse = comparison is not None and comparison.gain.is_certainly_worse
        # What is clearly worse is not offered, and what is not clearly better does not invite.
        self.use.setEnabled(comparison is not None and not is_worse)
        is_even = comparison is not None and not (is_better or is_worse)
        self.use.setText("Use them anyway" if is_even else "Use these settings")
        identify(self.use, None, self.use.text(), _WORSE if is_worse else _USE, _WORSE if is_worse else _USE)
        restyle(self.use, "primary", is_better)
        (self.use if is_better else self.start).setDefault(True)

    def _use(self) -> None:
        if self.found is not None and self.found.result.experiment is not None:
            self.chosen.emit(self.found.result.experiment, "found settings")
            self.accept()

    def done(self, result: int) -> None:
        finish_jobs(self)
        super().done(result)

    def closeEvent(self, event: QCloseEvent) -> None:
        finish_jobs(self)
        super().closeEvent(event)


def found_words(found: Found) -> str:
    """Say what was found, how much better it is than the present settings, and the verdict of the test share."""
    if found.comparison is None:
        return "No combination finished training. Search for longer, or vary fewer settings."
    effect, gain = found.comparison, found.comparison.gain
    losses = f"{effect.measure} {effect.before:.2g} → {effect.after:.2g} (medians after {effect.epochs:,} epochs)"
    low, high = math.exp(gain.low), math.exp(gain.high)
    if gain.is_certain:
        verdict = f"Better than the present settings in {gain.helped} of {gain.n} fresh starts: {losses}."
        verdict += f" The loss falls by a factor of {low:.2g} to {high:.2g} (95 %)."
    elif gain.is_certainly_worse:
        worse = gain.n - gain.helped
        verdict = f"Clearly worse than the present settings in {worse} of {gain.n} fresh starts: {losses}."
        verdict += f" The loss is {1 / high:.2g} to {1 / low:.2g} times as high (95 %)."
    else:
        verdict = f"Not clearly better than the present settings ({gain.helped} of {gain.n} fresh starts): {losses}."
        verdict += f" The loss is {1 / high:.2g} to {1 / low:.2g} times what it was (95 %)."
    return f"{verdict} {_test_words(found.result)}"


def _test_words(result: SearchResult) -> str:
    test = result.test
    if test is None:
        return "There are no test points to measure with."
    values = result.experiment is not None and result.experiment.data.tasks == ("regression",)
    score = ""
    if test.accuracy is not None:
        score = f", R² {test.accuracy:.3f}" if values else f", accuracy {percent_text(test.accuracy)}"
    return f"On {test.points:,} test points, measured once: loss {test.loss:.3g}{score}."
