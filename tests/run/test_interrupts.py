"""Ctrl-C and other signals whose handlers raise: training stops at one moment, and goes on as if nothing had been."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest

from playground import Experiment, Trainer
from playground.engine.engine import ENGINES, EngineName
from playground.experiment.rules import convert
from playground.run.interrupts import HeldSignals, undivided

if not hasattr(signal, "setitimer"):
    pytest.skip("this system has no timer that sends signals", allow_module_level=True)

TIMES = int(os.environ.get("INTERRUPTS", "30"))
"""How often training is interrupted; more by hand."""


class AlarmError(Exception):
    """What the handler of an alarm raises."""


def ring(number: int, frame: FrameType | None) -> None:
    raise AlarmError


@pytest.fixture(autouse=True)
def alarm() -> Iterator[None]:
    """A handler that raises for alarms, and for Ctrl-C the usual one."""
    before = signal.signal(signal.SIGALRM, ring), signal.signal(signal.SIGINT, signal.default_int_handler)
    profiling = signal.signal(signal.SIGPROF, ring)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.signal(signal.SIGPROF, profiling)
    assert signal.getsignal(signal.SIGALRM) is ring
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    signal.signal(signal.SIGALRM, before[0])
    signal.signal(signal.SIGINT, before[1])


@contextmanager
def interrupted_after(seconds: float, number: int) -> Iterator[None]:
    """Sends this process a signal after a while, once."""
    if number == signal.SIGALRM:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        yield
    else:
        timer = threading.Timer(seconds, os.kill, (os.getpid(), number))
        timer.start()
        try:
            yield
        finally:
            timer.join()


def experiment(**changed: Any) -> Experiment:
    """One in which much has to agree: two kinds of batches, masks, running statistics, a schedule that reacts."""
    return convert(
        {
            "version": 2,
            "data": {"kind": "spiral", "points": 300, "noise": 0.1},
            "layers": [
                {"units": 8, "activation": "tanh", "dropout": 0.1, "normalization": "batch"},
                {"units": 8, "activation": "relu"},
            ],
            "training": {
                "batch_size": 16,
                "batching": "carry",
                "schedule": {"kind": "plateau", "patience": 3},
                "early_stopping": {"patience": 1000},
            },
            **changed,
        }
    )


def all_of(trainer: Trainer) -> dict[str, Any]:
    """All that a run is, but for times."""
    state, record = trainer.state, trainer.run.record
    arrays = ("parameters", "gradient", "update", "slots", "carried", "pruned")
    numbers = ("optimizer_steps", "step", "epoch", "position", "carried_points", "plateau")
    return {
        **{name: getattr(state, name).tolist() for name in arrays},
        **{name: getattr(state, name) for name in numbers},
        "stopping": (state.stopping.best, state.stopping.bad_epochs),
        "history": record.history.view()[:, :-1].tolist(),
        "gradients": record.gradients.view()[1:].tolist(),
        "evaluation": record.evaluation,
        "status": record.status,
    }


@pytest.mark.parametrize("number", [signal.SIGALRM, signal.SIGINT])
@pytest.mark.parametrize("engine", ENGINES)
def test_an_interrupted_training_stands_at_one_moment_and_goes_on_from_there(engine: EngineName, number: int) -> None:
    chance = random.Random(number)
    trainer, other = Trainer(experiment(), engine=engine), Trainer(experiment(), engine=engine)
    interrupted = 0
    # On a busy machine there are few steps between two signals.
    while interrupted < TIMES or trainer.state.step <= 10 * TIMES:
        assert interrupted < 100 * TIMES, "training does not get on"
        try:
            with interrupted_after(chance.uniform(0.0005, 0.03), number):
                while True:
                    # Signals come between calls, too, and at their beginning and end.
                    trainer.advance(steps=chance.choice([1, 7, 10_000]))
        except (AlarmError, KeyboardInterrupt):
            interrupted += 1
        other.advance(steps=trainer.state.step - other.state.step)
        assert all_of(trainer) == all_of(other)


@pytest.mark.parametrize("engine", ENGINES)
def test_it_is_obeyed_at_once_however_large_the_epochs_are(engine: EngineName) -> None:
    layers = [{"units": 128, "activation": "relu"}] * 3
    trainer = Trainer(
        experiment(data={"kind": "spiral", "points": 200_000}, layers=layers, training={"batch_size": 4}), engine=engine
    )
    waits = []
    for _ in range(5):
        with pytest.raises(AlarmError):
            # What others do on this machine does not count.
            signal.setitimer(signal.ITIMER_PROF, 0.1)
            due = time.process_time() + 0.1
            trainer.advance(epochs=100)
        waits.append(time.process_time() - due)
    assert trainer.state.epoch == 0 < trainer.state.step
    assert sorted(waits)[2] < 0.2, waits


def test_what_a_handler_sees_and_does_is_its_own_business() -> None:
    trainer, seen = Trainer(experiment(), engine="reference"), []

    def look(number: int, frame: FrameType | None) -> None:
        assert signal.getsignal(signal.SIGALRM) is look
        seen.append((trainer.state.step, len(trainer.snapshot().history.epoch) - 1, trainer.state.epoch))
        # A second one is to end it; a third might come when nobody expects one any more.
        signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, 0.05)

    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, 0.02)
    with pytest.raises(AlarmError):
        trainer.advance()
    ((step, rows, epoch),) = seen
    assert 0 < step < trainer.state.step
    assert rows == epoch


def test_every_handler_runs_even_if_one_raises() -> None:
    called = []
    before = signal.signal(signal.SIGUSR1, lambda *_: called.append("usr1"))
    try:
        with pytest.raises(AlarmError), HeldSignals():
            os.kill(os.getpid(), signal.SIGALRM)
            os.kill(os.getpid(), signal.SIGUSR1)
            os.kill(os.getpid(), signal.SIGUSR1)
            assert not called
        assert called == ["usr1"]
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_a_change_is_made_before_a_signal_is_obeyed() -> None:
    done = []

    @undivided
    def change() -> None:
        os.kill(os.getpid(), signal.SIGALRM)
        done.append("changed")

    with pytest.raises(AlarmError):
        change()
    assert done == ["changed"]


def test_another_thread_leaves_signals_alone() -> None:
    handlers = []
    trainer = Trainer(experiment(), engine="reference")

    def train() -> None:
        with HeldSignals():
            handlers.append(signal.getsignal(signal.SIGALRM))
        trainer.advance(steps=20)

    thread = threading.Thread(target=train)
    thread.start()
    thread.join()
    assert handlers == [ring]
    assert trainer.state.step == 20


def test_holding_signals_back_takes_no_time_worth_mentioning() -> None:
    def seconds() -> float:
        started = time.perf_counter()
        for _ in range(100):
            with HeldSignals():
                pass
        return (time.perf_counter() - started) / 100

    assert min(seconds() for _ in range(20)) < 500e-6
