"""Going over to the compiled engine while training runs: a real process, a real worker, a real window."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QProcess
from PySide6.QtWidgets import QApplication

from playground import Experiment
from playground.engine.compiled import cache
from playground.engine.compiled.warm import PRECISIONS
from playground.engine.lanes import cache as lanes
from playground.interop.opening import load_preset
from ui.look import theme
from ui.session import compiling
from ui.session.compiling import Kernels
from ui.session.session import Session
from ui.window.window import Window


def python(code: str) -> Kernels:
    """Kernels that are made by running `code`."""
    return Kernels(command=(sys.executable, "-c", code))


@pytest.fixture
def window(qtbot, qapp: QApplication, experiment: Experiment) -> Iterator[Window]:
    theme.apply(qapp, "light")
    window = Window(experiment)
    window.show()
    qtbot.waitUntil(lambda: window.session.report is not None)
    yield window
    window.close()
    shiboken6.delete(window)


def test_kernels_are_ready_when_their_process_succeeds(qtbot) -> None:
    kernels = python("print('compiled')")
    with qtbot.waitSignal(kernels.ready), qtbot.assertNotEmitted(kernels.failed):
        kernels.start()
    kernels.close()


def test_no_process_is_started_for_kernels_that_are_cached(qtbot) -> None:
    for precision in PRECISIONS:
        cache.load_kernels(precision)
    if lanes.machine_lanes():
        lanes.load_kernels("float32")
    kernels = Kernels()
    with qtbot.waitSignal(kernels.ready):
        kernels.start()
    kernels.close()
    assert kernels.process.state() == QProcess.ProcessState.NotRunning
    assert kernels.process.processId() == 0


def test_the_kernels_of_lanes_are_compiled_once_those_that_train_are_ready(
    qtbot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    command, made = (sys.executable, "-c", "pass"), tmp_path / "made"
    monkeypatch.setattr(compiling, "_COMPILE", command)
    monkeypatch.setattr(compiling, "_COMPILE_LANES", ("-c", f"open({str(made)!r}, 'w')"))
    monkeypatch.setattr(lanes, "are_stamped", lambda precision: made.exists())
    kernels = Kernels(command=command)
    with qtbot.waitSignal(kernels.ready):
        kernels.start()
    assert kernels.makes_lanes
    qtbot.waitUntil(lambda: made.exists() and kernels.process.state() == QProcess.ProcessState.NotRunning)
    kernels.close()


def test_a_process_that_fails_says_why_in_its_last_words(qtbot) -> None:
    kernels = python("import sys; print('Traceback', file=sys.stderr); sys.exit('no compiler here')")
    with qtbot.waitSignal(kernels.failed) as failed, qtbot.assertNotEmitted(kernels.ready):
        kernels.start()
    assert failed.args == ["no compiler here"]


@pytest.mark.parametrize("code", ["import os; os.abort()", "raise SystemExit(7)"], ids=["crash", "code"])
def test_a_process_that_ends_without_words_fails_too(qtbot, code: str) -> None:
    kernels = python(code)
    with qtbot.waitSignal(kernels.failed) as failed, qtbot.assertNotEmitted(kernels.ready):
        kernels.start()
    assert failed.args[0]


def test_a_process_that_cannot_be_started_fails(qtbot) -> None:
    kernels = Kernels(command=("/no/such/program",))
    with qtbot.waitSignal(kernels.failed) as failed:
        kernels.start()
    assert failed.args[0]


def test_the_window_starts_on_the_reference_engine_and_goes_over(qtbot, window: Window) -> None:
    window.session.play()
    qtbot.waitUntil(lambda: window.session.report.snapshot.step > 0)
    assert window.session.report.snapshot.engine == "reference"
    window.use_kernels(python("pass"))
    qtbot.waitUntil(lambda: window.session.report.snapshot.engine == "compiled")
    assert window.session.report.running
    qtbot.waitUntil(lambda: "Compiled engine ready." in window.messages.strip.text.text())


def test_fresh_starts_use_the_engine_in_force(session: Session, settled) -> None:
    session.use_engine("compiled")
    session.reseed()
    assert settled(session).engine == "compiled"
    assert settled(session).step == 0


def test_what_undo_brings_back_goes_on_on_the_engine_in_force(session: Session, settled) -> None:
    session.open(load_preset("xor"), "open xor")
    session.use_engine("compiled")
    session.undo()
    snapshot = settled(session)
    assert snapshot.engine == "compiled" and snapshot.notes == ()


@pytest.mark.parametrize("code", ["raise SystemExit('no compiler here')", "import os; os.abort()"])
def test_without_kernels_training_stays_on_the_reference_engine_and_the_status_says_why(
    qtbot, window: Window, code: str
) -> None:
    window.session.play()
    window.use_kernels(python(code))
    qtbot.waitUntil(lambda: "compiled engine is not available" in window.messages.strip.text.text())
    step = window.session.report.snapshot.step
    qtbot.waitUntil(lambda: window.session.report.snapshot.step > step)
    assert window.session.report.snapshot.engine == "reference"
    assert window.session.report.running


def test_an_engine_that_cannot_be_loaded_leaves_training_as_it_is(
    qtbot, session: Session, caplog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(precision: str) -> None:
        raise cache.UnavailableError("its library is damaged")

    monkeypatch.setattr(cache, "load_kernels", load)
    session.play()
    with qtbot.waitSignal(session.engine_refused) as refused, qtbot.assertNotEmitted(session.failed):
        session.use_engine("compiled")
    assert refused.args == ["its library is damaged"]
    caplog.clear()
    step = session.report.snapshot.step
    qtbot.waitUntil(lambda: session.report.snapshot.step > step)
    assert session.report.running
    assert session.report.snapshot.engine == "reference"
    session.reseed()
    qtbot.waitUntil(lambda: session.report.revision == session.revision)


def test_closing_the_window_ends_a_process_that_still_compiles(qtbot, window: Window) -> None:
    kernels = python("import time; time.sleep(60)")
    window.use_kernels(kernels)
    qtbot.waitUntil(lambda: kernels.process.state() == QProcess.ProcessState.Running)
    with qtbot.assertNotEmitted(kernels.failed):
        window.close()
    assert kernels.process.state() == QProcess.ProcessState.NotRunning
