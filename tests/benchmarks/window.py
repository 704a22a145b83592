"""How smooth the window is while it trains, measured on the real window: `make bench-window`.

    python tests/benchmarks/window.py [EXPERIMENT] [--seconds S] [--memory-minutes A B] [--json FILE]

Every figure is measured on the window as a person has it, with the worker's real thread and whatever engine it uses;
only the history of a million rows is made up, because training for it takes too long. Speeds without a window are
measured before and after, so that a machine that changes its pace meanwhile shows.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import pyqtgraph as pg
import shiboken6
from PySide6.QtCore import QEvent, QEventLoop, QObject, QPoint, QSettings, Qt, QTimer
from PySide6.QtWidgets import QApplication, QSlider

from playground import Experiment, Layer, Trainer, check
from playground.catalog.activations import Tanh
from playground.engine.engine import EngineName
from playground.engine.engines import engine_for
from playground.engine.setup import Setup
from playground.interop.opening import open_source
from playground.run.run import new_run
from tests.ui import hands
from tests.ui.counting import EventCount
from ui.guard.garbage import Collector
from ui.look import theme
from ui.session.compiling import Kernels
from ui.session.jobs import Job
from ui.session.trainers import HISTORY_ROWS
from ui.session.worker import CHUNK_SECONDS
from ui.views.network.widget import NetworkCanvas
from ui.views.tracks.sheet import TrackSheet
from ui.views.tracks.view import TracksView
from ui.window.layouts import LAYOUTS
from ui.window.window import Window

ROOT = Path(__file__).parents[2]
PROBE_MILLISECONDS = 16
HISTORY = 1_000_000
KERNELS_SECONDS = 300.0


class Figure(NamedTuple):
    """One line of the table."""

    name: str
    value: float
    unit: str
    goal: float | None = None
    at_least: bool = False

    def met(self) -> bool:
        """Whether the goal is reached, if there is one."""
        return self.goal is None or bool(self.value >= self.goal if self.at_least else self.value <= self.goal)

    def line(self) -> str:
        """The figure as text."""
        goal = "" if self.goal is None else f"{'≥' if self.at_least else '≤'} {self.goal:g}"
        verdict = "" if self.goal is None else ("ok" if self.met() else "MISSED")
        return f"{self.name:<58} {self.value:>12,.2f} {self.unit:<8} {goal:<10} {verdict}"


# Instruments --------------------------------------------------------------------------------------------------


class Probe(QObject):
    """A timer whose lateness says how long events have to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.times: list[float] = []
        self.timer = QTimer(self, interval=PROBE_MILLISECONDS, timerType=Qt.TimerType.PreciseTimer)
        self.timer.timeout.connect(self.tick)

    def tick(self) -> None:
        self.times.append(time.perf_counter())

    def lateness(self) -> np.ndarray:
        """By how many milliseconds each tick came too late after the one before."""
        return np.maximum(0, 1000 * np.diff(self.times) - PROBE_MILLISECONDS)

    def figures(self, title: str) -> list[Figure]:
        """What the goals are about."""
        late = self.lateness()
        return [
            Figure(f"{title}: lateness of a 16 ms timer, p95", float(np.percentile(late, 95)), "ms", 8),
            Figure(f"{title}: lateness of a 16 ms timer, p99", float(np.percentile(late, 99)), "ms", 16),
            Figure(f"{title}: lateness of a 16 ms timer, largest", float(late.max()), "ms", 100),
        ]


def spin(seconds: float, until: Callable[[], bool] = lambda: False) -> None:
    """Let the window live for a while, or until something has come about.

    In an event loop as in the program itself: QTest's own waiting keeps the interpreter lock from the worker.
    """
    loop, end = QEventLoop(), time.perf_counter() + seconds
    look = QTimer(interval=20)
    look.timeout.connect(lambda: loop.quit() if until() or time.perf_counter() >= end else None)
    look.start()
    loop.exec()


def memory_megabytes() -> float:
    """The memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def busy_elsewhere() -> float:
    """Seconds that all cores have spent on anything but this process, on Linux; 0 elsewhere."""
    try:
        user, nice, system = map(int, Path("/proc/stat").read_text().split()[1:4])
    except OSError:
        return 0.0
    return (user + nice + system) / os.sysconf("SC_CLK_TCK") - sum(os.times()[:2])


@contextmanager
def probing() -> Iterator[Probe]:
    """Probe the event loop."""
    probe = Probe()
    probe.timer.start()
    yield probe
    probe.timer.stop()


# Measurements -------------------------------------------------------------------------------------------------


def headless_speed(experiment: Experiment, engine: str, seconds: float) -> float:
    """Steps per second of a trainer alone."""
    trainer = Trainer(experiment, history_rows=HISTORY_ROWS, engine="reference")
    if engine != trainer.engine:
        trainer.use_engine(engine)
    trainer.advance(steps=200)
    before, started = trainer.state.step, time.perf_counter()
    while time.perf_counter() - started < seconds:
        # As the worker does it, but without anything else.
        trainer.advance(seconds=CHUNK_SECONDS[engine])
    return (trainer.state.step - before) / (time.perf_counter() - started)


def edits(experiment: Experiment, engine: EngineName) -> list[Figure]:
    """What making a run costs, and an edit of the learning rate: both have been checked, as the session does it."""
    trainer, made, edited = Trainer(experiment, engine=engine, history_rows=HISTORY_ROWS), [], []
    trainer.advance(steps=200)
    for number in range(200):
        started = time.perf_counter()
        run = new_run(Setup(experiment), engine=engine, rows=HISTORY_ROWS)
        engine_for(run.setup, engine)
        made.append(time.perf_counter() - started)
        rates = msgspec.structs.replace(experiment.training, learning_rate=0.01 / (1 + number))
        later = msgspec.structs.replace(experiment, training=rates)
        started = time.perf_counter()
        trainer.change(later)
        edited.append(time.perf_counter() - started)
    return [
        Figure("making a run of a checked experiment", 1e6 * float(np.median(made)), "µs", 1000),
        Figure("edit of the learning rate, on the training thread", 1e6 * float(np.median(edited)), "µs"),
    ]


def start_up(experiment: str) -> list[Figure]:
    """Time from starting the program to its first painted frame: the second of two starts, so that files are warm."""
    for _ in range(2):
        command = [sys.executable, str(Path(__file__).with_name("first_frame.py")), str(time.time()), experiment]
        result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [Figure("start to the first painted frame, warm", json.loads(result.stdout)["frame"], "s", 1.5)]


def training(window: Window, seconds: float) -> tuple[list[Figure], float]:
    """Speed, redraw rates and lateness while everything is visible; and the speed by itself."""
    pictures = {
        "boundary": window.parts.boundary.findChild(pg.PlotWidget).viewport(),
        "tracks": window.parts.tracks.findChild(TrackSheet),
        "the network": window.parts.network.findChild(NetworkCanvas),
    }
    goals = {"the network": 30}
    paints = {name: EventCount(widget, QEvent.Type.Paint) for name, widget in pictures.items()}
    window.session.play()
    spin(2)
    for paint in paints.values():
        paint.count = 0
    before, elsewhere = window.session.report.snapshot.step, busy_elsewhere()
    started = time.perf_counter()
    with probing() as probe:
        spin(seconds)
    elapsed = time.perf_counter() - started
    # The X server's share is part of it; more means that somebody else measures or compiles at the same time.
    others = Figure("cores busy with other processes meanwhile", (busy_elsewhere() - elsewhere) / elapsed, "cores")
    speed = (window.session.report.snapshot.step - before) / elapsed
    rates = [
        Figure(f"redraws of {name} per second", paint.count / elapsed, "Hz", goals.get(name, 58), True)
        for name, paint in paints.items()
    ]
    return [others, *rates, *probe.figures("training")], speed


def many_maps(window: Window, seconds: float) -> list[Figure]:
    """Redraws of the network and lateness while sixty units show their maps and training runs at full speed."""
    layers = tuple(Layer(10, Tanh()) for _ in range(6))
    before = window.session.experiment
    window.session.open(msgspec.structs.replace(before, layers=layers), "sixty units")
    paint = EventCount(window.parts.network.findChild(NetworkCanvas), QEvent.Type.Paint)
    window.session.play()
    spin(2)
    paint.count, started = 0, time.perf_counter()
    with probing() as probe:
        spin(seconds)
    rate = paint.count / (time.perf_counter() - started)
    window.session.open(before, "as before")
    return [
        Figure("redraws of the network with 60 maps per second", rate, "Hz", 30, True),
        *probe.figures("60 maps"),
    ]


def pauses(window: Window, times: int = 25) -> list[Figure]:
    """Time from asking for a pause to the report that says so."""
    waits = []
    for _ in range(times):
        window.session.play()
        spin(5, lambda: window.session.report.running)
        spin(0.1)
        loop, asked = QEventLoop(), time.perf_counter()
        window.session.reported.connect(lambda report, loop=loop: None if report.running else loop.quit())
        window.session.pause()
        loop.exec()
        waits.append(1000 * (time.perf_counter() - asked))
    return [
        Figure("pause until it is seen, median", float(np.median(waits)), "ms"),
        Figure("pause until it is seen, largest", max(waits), "ms", 50),
    ]


def dragging(window: Window, seconds: float) -> list[Figure]:
    """Lateness while the learning rate's slider is dragged to and fro and training runs."""
    slider = window.parts.training.rows["training.learning_rate"].findChild(QSlider)
    window.session.play()
    spin(0.5)
    middle = slider.height() // 2
    handle = QPoint(round(slider.handle().center().x()), middle)
    hands.press(slider, handle)
    moves = QTimer(interval=8, timerType=Qt.TimerType.PreciseTimer)
    place = {"move": 0}

    def move() -> None:
        place["move"] += 1
        share = 0.5 + 0.2 * np.sin(place["move"] / 20)
        hands.move(slider, QPoint(round(share * slider.width()), middle))

    moves.timeout.connect(move)
    before = window.session.revision
    with probing() as probe:
        moves.start()
        spin(seconds)
        moves.stop()
    hands.release(slider, handle)
    edits = (window.session.revision - before) / seconds
    return [Figure("slider drag: edits per second", edits, "1/s"), *probe.figures("slider drag")]


def until_still(window: Window, act: Callable[[], object]) -> float:
    """Milliseconds from an action until all parts of the window have their sizes and are painted."""
    docks = window.docks.docks.values()
    started, before, still = time.perf_counter(), None, 0
    act()
    while still < 2:
        QApplication.sendPostedEvents()
        QApplication.processEvents()
        now = [dock.geometry() for dock in docks]
        still = still + 1 if now == before else 0
        before = now
    return 1000 * (time.perf_counter() - started)


def companions(window: Window, edits: int = 12) -> list[Figure]:
    """How long other runs train on after an edit: a map, a response, other starts, and the ghost of an earlier edit."""
    window.docks.show("map")
    window.luck.button.setChecked(True)
    window.session.play()
    times, met = [], 0
    for number in range(edits):
        # Pieces of training are short at first.
        spin(1.0)
        spin(10.0, lambda: window.responses.responder.is_busy)
        jobs = [job for one in (window.responses.responder, window.luck.starts) for job in one.findChildren(Job)]
        ghosts = [thread for thread in threading.enumerate() if thread.name == "ghost"]
        met = max(met, len(jobs) + len(ghosts))
        watch = _Watch([job for job in jobs if job.isRunning()], ghosts)
        rate = 0.011 + 0.001 * (number % 2)
        window.session.edit(window.session.experiment.with_({"training.learning_rate": rate}))
        spin(5.0, lambda watch=watch: not watch.is_alive())
        times.append(watch.milliseconds)
    window.luck.button.setChecked(False)
    window.session.pause()
    window.docks.show("network")
    return [
        Figure("other runs in training at an edit, at most", met, "runs"),
        Figure("an edit ends them within, median", float(np.median(times)), "ms"),
        Figure("an edit ends them within, longest", max(times), "ms", 50),
    ]


class _Watch(threading.Thread):
    """Measures from now on how long some jobs and threads go on, whatever the window does meanwhile."""

    def __init__(self, jobs: Sequence[Job], threads: Sequence[threading.Thread]) -> None:
        super().__init__(name="watch")
        self._jobs, self._threads = jobs, threads
        self._begun, self.milliseconds = time.perf_counter(), np.inf
        self.start()

    def run(self) -> None:
        # A job deletes itself at the end.
        while any(shiboken6.isValid(job) and job.isRunning() for job in self._jobs) or any(
            thread.is_alive() for thread in self._threads
        ):
            time.sleep(0.001)
        self.milliseconds = 1000 * (time.perf_counter() - self._begun)


def changing_sizes(window: Window, times: int = 3) -> list[Figure]:
    """What a person waits for after another zoom or layout, and a step of dragging the window's edge, at rest."""
    window.session.pause()
    spin(5, lambda: not window.session.report.running)
    zooms, layouts, edges = [], [], []
    for _ in range(times):
        for zoom in (*theme.ZOOMS[1:], theme.ZOOMS[0]):
            zooms.append(until_still(window, partial(window.zoom_to, zoom)))
            spin(0.2)
        for plan in (*LAYOUTS[1:], LAYOUTS[0]):
            layouts.append(until_still(window, partial(window.docks.arrange, plan)))
            spin(0.2)
    size = window.size()
    for step in [*range(1, 41), *range(39, -1, -1)]:
        edges.append(until_still(window, partial(window.resize, size.width() + 8 * step, size.height())))
    rows = {"another zoom": (zooms, 300), "another layout": (layouts, 300), "a step of dragging an edge": (edges, 50)}
    return [
        figure
        for name, (values, goal) in rows.items()
        for figure in (
            Figure(f"{name}, median", float(np.median(values)), "ms", goal),
            Figure(f"{name}, largest", max(values), "ms"),
        )
    ]


def long_history(layers: int = 30, frames: int = 150) -> list[Figure]:
    """Time to update and paint the tracks when a training has a history of a million rows."""
    small = Experiment(layers=tuple(Layer(2, Tanh()) for _ in range(layers)))
    trainer = Trainer(small, history_rows=HISTORY_ROWS, engine="reference")
    noise = np.random.default_rng(0)
    for start in range(0, HISTORY, 10_000):
        at = np.arange(start + 1, start + 10_001)[:, np.newaxis]
        falling = 1 / np.sqrt(at) * noise.lognormal(0, 0.3, (len(at), 2 + 3 * (layers + 1)))
        trainer.history.extend(
            np.hstack([at, 10 * at, 0 * at + 0.01, falling[:, :2], 1 - falling[:, :2] / 2, at / 1000])
        )
        trainer.run.record.gradients.extend(np.hstack([10 * at, falling[:, 2:]]))
    views = {"tracks": TracksView()}
    times: dict[str, list[float]] = {name: [] for name in views}
    for view in views.values():
        view.resize(1016, 232)
        view.show()
    spin(0.1)
    recording = []
    for first in range(HISTORY + 1, HISTORY + 1 + 300 * frames, 300):
        # As many rows as a fast engine records in a frame.
        started = time.perf_counter()
        for at in range(first, first + 300):
            trainer.history.append([at, 10 * at, 0.01, *noise.lognormal(-7, 0.3, 2), 0.9, 0.9, at / 1000])
            trainer.run.record.gradients.append([10 * at, *noise.lognormal(-7, 0.3, 3 * (layers + 1))])
        recording.append(1000 * (time.perf_counter() - started) / 300)
        snapshot = trainer.snapshot()
        for name, view in views.items():
            started = time.perf_counter()
            view.show_snapshot(snapshot)
            # With all that stands in it.
            view.repaint()
            times[name].append(1000 * (time.perf_counter() - started))
        QApplication.processEvents()
    for view in views.values():
        view.close()
    title = f"frame with {HISTORY:,} rows"
    medians = {name: float(np.median(values)) for name, values in times.items()}
    slowest = {name: float(np.percentile(values, 99)) for name, values in times.items()}
    return [
        *(Figure(f"{title}: {name}, median", value, "ms", 16) for name, value in medians.items()),
        *(Figure(f"{title}: {name}, p99", value, "ms", 16) for name, value in slowest.items()),
        Figure(f"{title}: recording a row with {layers} layers", float(np.mean(recording)), "ms"),
    ]


def memory(window: Window, first: float, last: float, since: float) -> list[Figure]:
    """How much memory grows between two minutes of training."""
    window.session.play()
    spin(max(0.0, since + 60 * first - time.perf_counter()))
    before, step = memory_megabytes(), window.session.report.snapshot.step
    spin(max(0.0, since + 60 * last - time.perf_counter()))
    after = memory_megabytes()
    made = window.session.report.snapshot.step - step
    return [
        Figure(f"memory at minute {first:g}", before, "MB"),
        Figure(f"memory growth to minute {last:g}, over {made:,} steps", after - before, "MB", 20),
    ]


# The whole ----------------------------------------------------------------------------------------------------


def parser() -> argparse.ArgumentParser:
    """The options."""
    result = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    result.add_argument("experiment", nargs="?", default="spiral", help="an experiment file or a preset (spiral)")
    result.add_argument("--seconds", type=float, default=60, help="how long to probe while training (60)")
    result.add_argument("--memory-minutes", type=float, nargs=2, metavar=("FIRST", "LAST"), help="also measure memory")
    result.add_argument("--json", metavar="FILE", help="write the figures to a file as well")
    result.add_argument("--engine", choices=["reference", "compiled"], help="wait for this engine (default: compiled)")
    return result


def ready(window: Window, engine: str | None) -> None:
    """Wait until the window trains on the engine that is to be measured."""
    if engine == "reference":
        return
    failures: list[str] = []
    making = Kernels(window)
    making.failed.connect(failures.append)
    window.session.engine_refused.connect(failures.append)
    window.use_kernels(making)
    spin(KERNELS_SECONDS, lambda: bool(failures) or window.session.report.snapshot.engine == "compiled")
    if engine == "compiled" and window.session.report.snapshot.engine != "compiled":
        sys.exit(f"The compiled engine is not available: {' '.join(failures) or 'it takes too long'}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table; returns 1 if a goal is missed."""
    options = parser().parse_args(arguments)
    experiment = open_source(options.experiment).experiment
    # Nothing that stops training by itself.
    unlimited = msgspec.structs.replace(experiment.training, epochs=None, early_stopping=None)
    experiment = msgspec.structs.replace(experiment, training=unlimited)
    figures = start_up(options.experiment)
    app = QApplication([])
    theme.apply(app, "light")
    # As the program does: Python's own collector would stop a frame now and then.
    Collector(app)
    figures += long_history()
    # Not in the settings of the person who measures.
    folder = tempfile.TemporaryDirectory()
    window = Window(experiment, settings=QSettings(f"{folder.name}/settings.ini", QSettings.Format.IniFormat))
    window.resize(1280, 800)
    window.show()
    spin(5, lambda: window.session.report is not None)
    window.wiring.set_speed(None)
    ready(window, options.engine)
    engine = window.session.report.snapshot.engine
    part = min(5.0, options.seconds / 4)
    alone = [headless_speed(experiment, engine, part)]
    since = time.perf_counter()
    smooth, speed = training(window, options.seconds)
    window.session.pause()
    spin(5, lambda: not window.session.report.running)
    alone.append(headless_speed(experiment, engine, part))
    # Other runs would hold the interpreter lock.
    when = window.responses.when
    window.responses.choose_when("off")
    making = edits(check(experiment), engine)
    window.responses.choose_when(when)
    share = Figure("speed in the window, of that without one", 100 * speed / np.mean(alone), "%", 75, True)
    figures += [
        Figure("steps per second without a window, before", alone[0], "1/s"),
        Figure("steps per second without a window, after", alone[1], "1/s"),
        Figure("steps per second in the window", speed, "1/s"),
        share,
        *making,
        *smooth,
        *many_maps(window, min(10.0, options.seconds)),
        *pauses(window),
        *dragging(window, min(10.0, options.seconds)),
        *changing_sizes(window),
        *companions(window),
    ]
    if options.memory_minutes:
        figures += memory(window, *options.memory_minutes, since)
    window.close()
    head = f"{experiment.name or options.experiment}, {engine} engine, {app.platformName()}, {os.cpu_count()} cores"
    print(head, *(figure.line() for figure in figures), sep="\n")
    if options.json:
        rows = [{**figure._asdict(), "met": figure.met()} for figure in figures]
        Path(options.json).write_text(json.dumps({"engine": engine, "figures": rows}, indent=1))
    return 0 if all(figure.met() for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
