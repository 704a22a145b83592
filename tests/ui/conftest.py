"""Real sessions and windows for tests, with their worker threads, closed at the end of each test."""

from __future__ import annotations

import gc
import itertools
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import shiboken6
from PySide6.QtCore import QByteArray, QEvent, QObject, QThread, Signal
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from playground import Experiment, Layer, Snapshot, Training
from playground.catalog.activations import Tanh
from playground.catalog.datasets.shapes import Spiral
from playground.engine.reference import Reference
from playground.engine.state import State
from playground.files import progress
from playground.measure.requests import BoundaryRequest
from tests.ui import hands
from tests.ui.windows import keep_settings_in, opened_window
from ui.look import theme
from ui.look.beat import text_beat
from ui.session.session import Session
from ui.shell import messages, waiting
from ui.window.window import Window


class PatientBot(QtBot):
    """Waits for what is to happen however busy the machine is."""

    def waitUntil(self, callback: Callable[[], bool | None], *, timeout: int = hands.PATIENCE) -> None:
        super().waitUntil(callback, timeout=timeout)

    def waitSignal(self, signal: Signal, *, timeout: int = hands.PATIENCE, **options: Any) -> Any:
        return super().waitSignal(signal, timeout=timeout, **options)


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> QtBot:
    """The bot of pytest-qt, with more patience."""
    return PatientBot(request)


_TESTS = itertools.count(1)


@pytest.fixture(autouse=True)
def garbage_goes_here() -> Iterator[None]:
    """Collect garbage between tests, as the program does on this thread only: Python's collector would destroy widgets
    on the training thread, which crashes Qt."""
    gc.disable()
    yield
    # Looking through all objects each time would take longer than many a test.
    gc.collect(1 if next(_TESTS) % 30 else 2)


@pytest.fixture(autouse=True)
def isolated_settings(tmp_path: Path) -> None:
    """Keep the settings of the person who runs the tests out of them."""
    keep_settings_in(tmp_path)


@pytest.fixture(autouse=True)
def no_stray_qthreads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test that leaves one of Qt's threads running."""
    started: list[QThread] = []
    start = QThread.start

    def remember(thread: QThread, *arguments: object) -> None:
        started.append(thread)
        start(thread, *arguments)

    monkeypatch.setattr(QThread, "start", remember)
    yield
    assert not [thread for thread in started if shiboken6.isValid(thread) and thread.isRunning()]


@pytest.fixture(autouse=True)
def no_stray_windows() -> Iterator[None]:
    """Fail a test that leaves a window behind, which later style sheets would dress too, at a cost for all tests."""
    before = windows()
    yield
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    assert windows() <= before


def windows() -> set[Window]:
    """All windows of the program that exist, in sight or not."""
    return {widget for widget in QApplication.topLevelWidgets() if isinstance(widget, Window)}


@pytest.fixture(autouse=True)
def opened_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is opened is there when `open` returns, however busy the machine is."""
    monkeypatch.setattr(waiting, "_AT_ONCE_MILLISECONDS", 20_000)


@pytest.fixture(autouse=True)
def messages_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the strip says is still there when a test reads it, however busy the machine is."""
    monkeypatch.setattr(messages, "_EVENT_MILLISECONDS", 100 * hands.PATIENCE)


@pytest.fixture
def experiment() -> Experiment:
    """A small network on a spiral."""
    return Experiment(
        data=Spiral(points=200),
        layers=(Layer(6, Tanh()), Layer(5, Tanh())),
        training=Training(learning_rate=0.01, batch_size=10),
    )


@pytest.fixture
def beat(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[QObject]:
    """The beat at which all texts change, in the middle of an interval; it strikes only when a test has it strike."""
    beat = text_beat()
    monkeypatch.setattr(beat, "_interval", 1_000_000)
    beat.strike()
    yield beat
    # What was asked for in the meantime does not wait for the end of that interval.
    beat.strike()


class Gate:
    """Holds up whoever passes while it is shut."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.open.set()
        self.reached = threading.Event()

    def shut(self) -> None:
        """Hold up the next one and wait until it is there."""
        self.reached.clear()
        self.open.clear()
        assert self.reached.wait(hands.PATIENCE / 1000)

    def pass_through(self) -> None:
        if not self.open.is_set():
            self.reached.set()
            self.open.wait()


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    """Every step of training passes this gate, so that one can be made to take long."""
    gate, step = Gate(), Reference.step

    def gated(engine: Reference, state: State, rate: float) -> bool:
        gate.pass_through()
        return step(engine, state, rate)

    monkeypatch.setattr(Reference, "step", gated)
    return gate


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Function) -> None:
    """Open the gate before anything else ends, also after a test that failed: sessions wait for their thread."""
    gate = item.funcargs.get("gate")
    if gate is not None:
        gate.open.set()


@pytest.fixture
def reading_goes_on(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Until this is set a large table is not read to its end, however fast the machine is; it can be cancelled."""
    go_on, report = threading.Event(), progress.report_progress

    def hold(done: int, of: int) -> None:
        report(done, of)
        while done > 0 and not go_on.wait(0.01):
            report(done, of)

    monkeypatch.setattr(progress, "report_progress", hold)
    yield go_on
    go_on.set()


@pytest.fixture
def session(qtbot, experiment: Experiment) -> Iterator[Session]:
    """A session with its worker thread, untrained."""
    session = Session(experiment, frozenset({BoundaryRequest(20)}))
    qtbot.waitUntil(lambda: session.report is not None)
    yield session
    session.close()


@pytest.fixture
def settled(qtbot) -> Callable[[Session], Snapshot]:
    """Wait until the worker's report includes all edits made so far, and give its snapshot."""

    def wait(session: Session) -> Snapshot:
        qtbot.waitUntil(lambda: session.report is not None and session.report.revision == session.revision)
        return session.report.snapshot

    return wait


@pytest.fixture
def new_window(qapp: QApplication) -> Iterator[Window]:
    """The window with the first preset, shown, before training."""
    with opened_window() as window:
        yield window


@pytest.fixture
def window(new_window: Window) -> Window:
    """A new window; modules whose tests change only what `used_window` puts back take `window_for` instead."""
    return new_window


@pytest.fixture(scope="module")
def shared_window(
    qapp: QApplication, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Window, Experiment, QByteArray]]:
    """One window for many tests of a module, with the experiment and the layout that it opened with."""
    keep_settings_in(tmp_path_factory.mktemp("settings"))
    with opened_window() as window:
        yield window, window.session.experiment, window.docks.state()


@pytest.fixture
def used_window(qtbot, qapp: QApplication, shared_window: tuple[Window, Experiment, QByteArray]) -> Iterator[Window]:
    """A window that earlier tests used, put back: experiment, training, undo, file, settings, theme, size, docks, strip
    and keyboard; but not how pictures are drawn."""
    window, first, layout = shared_window
    speed = window.parts.transport.speed
    # Other windows may have come and gone.
    window.activateWindow()
    window.parts.boundary.setFocus()
    qtbot.waitUntil(window.isActiveWindow)
    before = window.docks.state()
    yield window
    session, parts = window.session, window.parts
    session.pause()
    session.use_engine("reference")
    parts.drawing.stop()
    parts.network.leave_sight()
    window.wiring.set_speed(speed)
    window.documents.careful = False
    window.work.begin(first, "first", None)
    session.forget_edits()
    window.settings.clear()
    window.zoom_to(1.0)
    if (theme.current(), theme.zoom()) != (theme.LIGHT, 1.0):
        theme.apply(qapp, "light")
        window.apply_theme()
    window.showNormal()
    window.resize(1280, 800)
    # Putting a layout back takes a fifth of a second.
    if window.docks.state() != before:
        window.docks.restore(layout)
    qtbot.waitUntil(lambda: session.report.revision == session.revision and not session.report.running)
    # Not before: what undo did is said when the worker has done it.
    QApplication.processEvents()
    window.messages.clear()
    assert session.report.snapshot.step == 0
    # As at the start, when it comes into sight the drawing panel takes up the brush.
    parts.drawing.set_in_sight(True)
    parts.drawing.choose_tool("brush")
    parts.drawing.set_in_sight(False)


@pytest.fixture
def window_for(request: pytest.FixtureRequest, shared_window: tuple[Window, Experiment, QByteArray]) -> Window:
    """A window that earlier tests used, put back, or a new one for tests that ask for that too."""
    return request.getfixturevalue("new_window" if "new_window" in request.fixturenames else "used_window")


@pytest.fixture
def trained(qtbot, window: Window) -> Window:
    """The window in the middle of a run."""
    window.session.play()
    qtbot.waitUntil(lambda: window.session.report.snapshot.step > 20)
    return window
