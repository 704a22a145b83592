"""How fast earlier moments are shown: PYTHONPATH=. python tests/benchmarks/looking_back.py [SECONDS]

Trains 2-8-8-8-1 with as many checkpoints a second as an hour of training can keep, and looks at moments at random: how
long the nearest one and the exact one take, without a window and from the hand to the painted pictures in one.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication

from playground import Experiment, Layer, Trainer, Training
from playground.catalog.activations import Tanh
from playground.catalog.datasets.shapes import Spiral
from playground.catalog.optimizers import Adam, Optimizer, Sgd
from playground.run.past import PAST_BYTES
from playground.run.replay import Replay
from tests.ui import hands
from tests.ui.windows import keep_settings_in, opened_window
from ui.session.session import Session

HOUR = 3600.0
LOOKS = 60


def small(optimizer: Optimizer) -> Experiment:
    """2-8-8-8-1 on a spiral of 500 points."""
    training = Training(batch_size=10, optimizer=optimizer)
    return Experiment(data=Spiral(points=500), layers=tuple(Layer(8, Tanh()) for _ in range(3)), training=training)


def say(what: str, seconds: list[float]) -> None:
    middle, nearly_all, most = (1000 * np.percentile(seconds, share) for share in (50, 95, 100))
    print(f"  {what}: {middle:.1f} ms in the median, {nearly_all:.1f} at 95 %, {most:.1f} at most")


def without_window(optimizer: Optimizer, seconds: float) -> None:
    room = int(PAST_BYTES * seconds / HOUR)
    trainer = Trainer(small(optimizer), engine="compiled", history_rows=8192, past_bytes=room)
    while trainer.seconds < seconds:
        trainer.advance(seconds=0.008)
    past, chance, before = trainer.run.record.past, random.Random(0), None
    assert past is not None
    kept = sum(len(one.kept) for one in past.stretches)
    print(f"{type(optimizer).__name__}: {trainer.state.step:,} steps, {kept} checkpoints, {past.size:,} bytes")
    nearest, exact = [], []
    for _ in range(LOOKS):
        started = time.perf_counter()
        before = Replay(trainer.run, chance.randrange(1, trainer.state.step), before)
        before.nearest()
        nearest.append(time.perf_counter() - started)
        before.advance()
        exact.append(time.perf_counter() - started)
    say("nearest", nearest)
    say("exact", exact)


def await_report(session: Session, true: Callable[[], bool]) -> None:
    """Run the event loop until a report has made something true, and its pictures are painted."""
    loop = QEventLoop()

    def look() -> None:
        if true():
            loop.quit()

    session.reported.connect(look)
    if not true():
        loop.exec()
    session.reported.disconnect(look)
    QApplication.processEvents()


def in_window(seconds: float) -> None:
    keep_settings_in(Path(tempfile.mkdtemp()))
    with opened_window(experiment=small(Sgd())) as window:
        session = window.session
        session.use_engine("compiled")
        session.ask(lambda trainer: setattr(trainer.run.record.past, "most", int(PAST_BYTES * seconds / HOUR)))
        window.wiring.set_speed(None)
        session.play()
        hands.until(lambda: session.report.snapshot.seconds > seconds / 2, "it does not train")
        session.pause()
        hands.until(lambda: not session.report.running, "it does not pause")
        first, exact, chance = [], [], random.Random(0)
        for _ in range(LOOKS):
            step = chance.randrange(1, session.report.present.step)
            started = time.perf_counter()
            session.past.look_at(step)
            await_report(session, lambda: session.is_up_to_date)
            first.append(time.perf_counter() - started)
            await_report(session, lambda: session.report.past is not None and session.report.past.is_exact)
            exact.append(time.perf_counter() - started)
        print("In the window, from the hand to the pictures")
        say("nearest", first)
        say("exact", exact)


if __name__ == "__main__":
    length = float(sys.argv[1]) if len(sys.argv) > 1 else 15.0
    for chosen in (Sgd(), Adam()):
        without_window(chosen, length)
    application = QApplication([])
    in_window(length)
