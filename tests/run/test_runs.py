"""Runs as values: what a change prepares again and what it shares, two engines under one loop, two threads at once."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from playground import Experiment, Trainer, Training, check
from playground.catalog.optimizers import Momentum, Sgd
from playground.catalog.regularizers import L2
from playground.catalog.schedules import Exponential, OneCycle, Plateau, Schedule, StepDecay
from playground.engine.engine import ENGINES, Engine, EngineName, Limits, Rates
from playground.engine.engines import engine_for
from playground.engine.setup import Setup
from playground.experiment.tree import EarlyStopping
from playground.run.changes import change
from playground.run.run import Run, document_of, initial_state, new_run, resume
from playground.run.training import advance


def with_training(experiment: Experiment, **changes: Any) -> Experiment:
    return replace(experiment, training=replace(experiment.training, **changes))


def arrays_of(engine: Engine) -> dict[str, int]:
    """Every array, record and list of arrays that an engine holds, by its name."""
    skipped = ("setup", "name")
    return {name: id(value) for name, value in vars(engine).items() if name not in skipped and not name.endswith("_of")}


# What a change prepares -------------------------------------------------------------------------------------------


RATE_ONLY: list[Callable[[Training], dict[str, Any]]] = [
    lambda training: {"learning_rate": training.learning_rate / 2},
    lambda training: {"schedule": Exponential()},
    lambda training: {"epochs": 1000},
    lambda training: {"early_stopping": EarlyStopping()},
]


@pytest.mark.parametrize("changes", RATE_ONLY)
@pytest.mark.parametrize("engine", ENGINES)
def test_a_learning_rate_prepares_nothing(experiment: Experiment, engine: EngineName, changes: Any) -> None:
    trainer = Trainer(experiment, engine=engine)
    trainer.advance(epochs=1)
    setup, state, held, latest = trainer.setup, trainer.state, arrays_of(trainer._engine), trainer.latest
    inputs = [part.inputs for part in (setup.train, setup.validation)]
    trainer.configure(with_training(experiment, **changes(experiment.training)))
    assert trainer.setup is not setup and trainer.state is state and trainer.latest is latest
    assert latest is not None or engine == "lanes"
    assert trainer.network is setup.network and trainer.sample is setup.sample
    assert all(
        a is part.inputs for a, part in zip(inputs, (trainer.setup.train, trainer.setup.validation), strict=True)
    )
    assert arrays_of(trainer._engine) == held


@pytest.mark.parametrize("engine", ENGINES)
def test_a_regularizer_keeps_points_and_work_space(experiment: Experiment, engine: EngineName) -> None:
    trainer = Trainer(experiment, engine=engine)
    trainer.advance(epochs=1)
    setup, held = trainer.setup, arrays_of(trainer._engine)
    trainer.configure(replace(experiment, regularizer=L2()))
    assert trainer.network is not setup.network
    assert trainer.setup.train.inputs is setup.train.inputs and trainer.setup.train.targets is setup.train.targets
    changed = {name for name, value in arrays_of(trainer._engine).items() if held[name] != value}
    assert changed <= {"_layers", "_run", "_runs", "_order", "_look_every", "_group"}


def test_points_features_and_precision_are_shared_as_far_as_they_agree(experiment: Experiment) -> None:
    setup = Setup(check(experiment))
    setup.grid(10, setup.network.dtype)
    other_points = Setup(replace(experiment, data=replace(experiment.data, seed=5)), setup)
    assert other_points.train.inputs is not setup.train.inputs
    assert other_points.grid(10, setup.network.dtype) is setup.grid(10, setup.network.dtype)
    other_features = Setup(replace(experiment, features=("x1",)), setup)
    assert other_features.sample is setup.sample
    assert other_features.train.inputs.shape == (1, setup.points)
    assert other_features.train.targets is setup.train.targets
    assert other_features.grid(10, setup.network.dtype).shape == (1, 100)
    other_precision = Setup(replace(experiment, precision="float32"), setup)
    assert (other_precision.train.inputs.dtype, other_precision.train.targets.dtype) == (np.float32, np.float32)


EDITS: list[Callable[[Experiment], Experiment]] = [
    lambda one: with_training(one, learning_rate=0.003),
    lambda one: with_training(one, batch_size=7),
    lambda one: with_training(one, optimizer=Momentum()),
    lambda one: with_training(one, shuffle=False, batching="carry"),
    lambda one: replace(one, regularizer=L2()),
    lambda one: replace(one, layers=tuple(replace(layer, dropout=0.4, units=9) for layer in one.layers)),
    lambda one: replace(one, features=("x1", "radius")),
    lambda one: replace(one, data=replace(one.data, points=90)),
    lambda one: replace(one, precision="float32"),
    lambda one: replace(one, layers=one.layers[:1]),
]


@pytest.mark.parametrize("engine", ENGINES)
def test_an_engine_prepared_again_and_again_trains_as_a_new_one(experiment: Experiment, engine: EngineName) -> None:
    """What is left in its work space from other setups reaches nothing."""
    present = engine_for(Setup(experiment), engine)
    for edit in EDITS * 2:
        experiment = check(edit(experiment))
        setup = Setup(experiment, present.setup)
        present = engine_for(setup, engine, present)
        fresh = engine_for(Setup(experiment), engine)
        states = [initial_state(setup), initial_state(setup)]
        for one, state in zip((present, fresh), states, strict=True):
            for _ in range(3):
                one.advance(state, Rates(lambda _: 0.01, 3, False), Limits(100, 3, 60.0))
        for name in ("parameters", "gradient", "update", "slots", "carried"):
            np.testing.assert_array_equal(getattr(states[0], name), getattr(states[1], name), err_msg=name)


# One loop over every engine ---------------------------------------------------------------------------------------


SCHEDULES: list[Schedule] = [
    StepDecay(step_size=1, gamma=0.5, warmup=100),
    Exponential(gamma=0.8, warmup=25),
    OneCycle(epochs=6),
    Plateau(patience=0),
]


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("batching", ["partial", "drop", "carry"])
@pytest.mark.parametrize("engine", ENGINES)
def test_the_learning_rate_does_not_depend_on_where_training_paused(
    experiment: Experiment, engine: EngineName, batching: str, schedule: Schedule
) -> None:
    """An epoch that is entered in its middle still ends where it ends."""
    chosen = with_training(experiment, schedule=schedule, batching=batching, batch_size=8, optimizer=Sgd())
    whole, halting = Trainer(chosen, engine=engine), Trainer(chosen, engine=engine)
    whole.advance(epochs=12)
    for steps in (3, 1, 7, 2, 11, 5):
        halting.advance(steps=steps)
    halting.advance(epochs=12 - halting.state.epoch)
    np.testing.assert_array_equal(halting.state.parameters, whole.state.parameters)
    np.testing.assert_array_equal(halting.history.view()[:, :7], whole.history.view()[:, :7])


@pytest.mark.parametrize("engine", ENGINES)
def test_functions_of_runs_do_what_a_trainer_does(experiment: Experiment, engine: EngineName) -> None:
    trainer = Trainer(experiment, engine=engine)
    experiment = check(experiment)
    run = new_run(Setup(experiment), engine=engine)
    moving = engine_for(run.setup, engine)
    for later in (experiment, with_training(experiment, learning_rate=0.001)):
        trainer.configure(later)
        change(run, later)
        moving = engine_for(run.setup, engine, moving)
        advance(moving, run, epochs=3)
        trainer.advance(epochs=3)
    again: Run = resume(document_of(run))
    for one in (run, again):
        np.testing.assert_array_equal(one.state.parameters, trainer.state.parameters)
        np.testing.assert_array_equal(one.record.history.view()[1:, :7], trainer.history.view()[1:, :7])


# Two threads ------------------------------------------------------------------------------------------------------


def trained(experiment: Experiment, live: bool) -> Trainer:
    """A training in many slices, with changes on the way if that is asked for."""
    trainer = Trainer(experiment, engine="compiled")
    for number in range(40):
        trainer.advance(epochs=2, seconds=60)
        if live and number % 8 == 0:
            trainer.configure(with_training(trainer.experiment, learning_rate=0.01 / (1 + number)))
    return trainer


@pytest.mark.parametrize("live", [False, True])
def test_two_trainings_in_two_threads_each_give_what_they_give_alone(experiment: Experiment, live: bool) -> None:
    chosen = [
        replace(experiment, layers=tuple(replace(layer, dropout=0.2) for layer in experiment.layers)),
        with_training(replace(experiment, seed=7, precision="float32"), batch_size=7, batching="carry"),
    ]
    alone = [trained(one, live) for one in chosen]
    together: dict[int, Trainer] = {}
    barrier = threading.Barrier(len(chosen))

    def train(number: int) -> None:
        barrier.wait()
        together[number] = trained(chosen[number], live)

    threads = [threading.Thread(target=train, args=(number,)) for number in range(len(chosen))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, expected in enumerate(alone):
        found = together[number]
        assert found.engine == "compiled"
        for name in ("parameters", "gradient", "update", "slots", "carried"):
            np.testing.assert_array_equal(getattr(found.state, name), getattr(expected.state, name), err_msg=name)
        np.testing.assert_array_equal(found.history.view()[:, :7], expected.history.view()[:, :7])
        np.testing.assert_array_equal(
            found.run.record.gradients.view(), expected.run.record.gradients.view(), strict=True
        )


# What it costs ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
def test_making_a_run_of_a_checked_experiment_takes_no_time(experiment: Experiment, engine: EngineName) -> None:
    """About half a millisecond; 1.2 on slower processors. Ten times as much was wrong once."""
    experiment, spent = check(experiment), []
    for _ in range(30):
        # What others do on this machine does not count.
        started = time.thread_time()
        run = new_run(Setup(experiment), engine=engine)
        engine_for(run.setup, engine)
        spent.append(time.thread_time() - started)
    assert min(spent) < 0.003 and median(spent) < 0.01


def test_the_first_experiments_of_a_process_may_be_checked_by_two_threads_at_once() -> None:
    code = (
        "import threading\n"
        "from playground import Experiment, Layer, check\n"
        "threads = [threading.Thread(target=check, args=(Experiment(layers=(Layer(4),)),)) for _ in range(4)]\n"
        "for thread in threads: thread.start()\n"
        "for thread in threads: thread.join()\n"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=False).returncode == 0
