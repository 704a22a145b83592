"""The training loop, shared by all engines.

An engine makes updates; the loop decides how many and with which learning rates, records the results, and decides when
training stops by itself.
"""

from __future__ import annotations

import math
import time

from playground.catalog.schedules import Constant, Plateau, Progress
from playground.engine.engine import Engine, Limits, Outcome, Rates
from playground.engine.evaluation import Evaluation
from playground.engine.passes import DivergedError
from playground.experiment.layer_names import layer_phrase
from playground.files.errors import InputError
from playground.measure.changes import When
from playground.measure.snapshot import Status
from playground.run.health import Moment
from playground.run.interrupts import HeldSignals
from playground.run.run import Run

_NO_LIMIT = 2**62
_MOST_RATES = 256
"""The most learning rates that are computed at a time."""
_MOST_SECONDS = 0.05
"""The longest time for which an engine defers signals."""


def advance(
    engine: Engine, run: Run, *, steps: int | None = None, epochs: int | None = None, seconds: float | None = None
) -> Status:
    """Train until one of the limits is reached or training stops by itself; returns the status.

    `steps` counts updates, `epochs` completed passes over the training points, `seconds` is time. A signal whose
    handler raises, such as Ctrl-C, ends it within a fraction of a second, between two updates.
    """
    with HeldSignals() as signals:
        return _advance(engine, run, signals, steps, epochs, seconds)


def _advance(
    engine: Engine, run: Run, signals: HeldSignals, steps: int | None, epochs: int | None, seconds: float | None
) -> Status:
    for name, number in (("steps", steps), ("epochs", epochs), ("seconds", seconds)):
        if number is not None and not number >= 0:
            raise InputError(name, number, "at least 0")
    state, record = run.state, run.record
    last_step = _NO_LIMIT if steps is None else state.step + steps
    last_epoch = _NO_LIMIT if epochs is None else state.epoch + epochs
    deadline = math.inf if seconds is None else time.perf_counter() + seconds
    longest = _MOST_SECONDS if signals.holds else math.inf
    measure_if_needed(engine, run)
    _stop_if_complete(engine, run)
    past = record.past if record.status == "ready" and state.step < last_step and state.epoch < last_epoch else None
    if past is not None:
        past.begin(run.setup, state, engine.name, record.seconds)
    while record.status == "ready" and state.step < last_step and state.epoch < last_epoch:
        signals.let_through()
        until = min(last_epoch, _next_decision(run))
        limits = Limits(last_step, until, min(deadline - time.perf_counter(), longest))
        before = state.step
        outcome = engine.advance(state, _coming_rates(run, until - state.epoch, last_step - state.step), limits)
        if outcome.latest is not None or state.step > before:
            record.latest = outcome.latest
        record_outcome(engine, run, outcome)
        if past is not None and record.status == "ready":
            past.keep(state, record.seconds)
        if time.perf_counter() >= deadline:
            break
    if record.status != "diverged":
        look_after_health(engine, run)
    return record.status


def _next_decision(run: Run) -> int:
    """The number of epochs at which the loop next has to decide whether and how to go on."""
    training = run.setup.training
    if isinstance(training.schedule, Plateau) or training.early_stopping is not None:
        # Both react to the result of every epoch.
        return run.state.epoch + 1
    return _NO_LIMIT if training.epochs is None else training.epochs


def _coming_rates(run: Run, epochs: int, steps: int) -> Rates:
    """The learning rates of the next epochs or, if they change with every update, of the next updates; no more than
    `epochs` or `steps` need."""
    training, state, per_epoch = run.setup.training, run.state, run.setup.steps_per_epoch
    schedule, epoch, step, plateau = training.schedule, state.epoch, state.step, state.plateau
    per_step = schedule.changes_every_step or state.step < schedule.warmup
    left = _steps_left(run) if per_step else per_epoch

    def rate(k: int) -> float:
        if per_step:
            later = 0 if k < left else 1 + (k - left) // per_epoch
            progress = Progress(epoch + later, step + k, per_epoch, plateau)
        else:
            progress = Progress(epoch + k, step + k * per_epoch, per_epoch, plateau)
        return schedule.learning_rate(training.learning_rate, progress)

    number = min(epochs * per_epoch, steps) if per_step else min(epochs, steps // per_epoch + 2)
    if isinstance(schedule, Constant) and not per_step:
        # Hundreds of equal rates, many times a second.
        constant = rate(0)
        return Rates(lambda _: constant, min(number, _MOST_RATES), per_step)
    return Rates(rate, min(number, _MOST_RATES), per_step)


def _steps_left(run: Run) -> int:
    size, rest = run.setup.batch_size, run.setup.points - run.state.position
    return max(1, -(-rest // size) if run.setup.training.batching == "partial" else rest // size)


def record_outcome(engine: Engine, run: Run, outcome: Outcome) -> None:
    """Add the results of some updates to the record, and end training where they say so."""
    record = run.record
    outcome.epochs[:, -1] += record.seconds
    record.seconds += outcome.seconds
    record.history.extend(outcome.epochs)
    record.gradients.extend(outcome.gradients)
    if len(outcome.epochs):
        numbers = outcome.epochs[-1, 3:7].tolist()
        record.evaluation = Evaluation(*(None if math.isnan(value) else value for value in numbers))
        epoch, step, seconds = outcome.epochs[-1, [0, 1, -1]].tolist()
        record.measured = When(int(step), epoch, seconds)
    if outcome.fault is not None:
        _diverge(engine, run, outcome.fault)
    elif len(outcome.epochs) and record.evaluation is not None:
        _react(engine, run, record.evaluation)
        _stop_if_complete(engine, run)


def _react(engine: Engine, run: Run, evaluation: Evaluation) -> None:
    training, state = run.setup.training, run.state
    if isinstance(training.schedule, Plateau):
        loss = getattr(evaluation, training.schedule.watch)
        state.plateau = training.schedule.observed(state.plateau, loss, training.learning_rate)
    if training.early_stopping is not None:
        state.observe(training.early_stopping, getattr(evaluation, training.early_stopping.watch))


def _stop_if_complete(engine: Engine, run: Run) -> None:
    """Set the status when training is over: to `stopped_early`, or to `completed` when all epochs are done.

    In both cases the best weights are restored if early stopping is set to do so.
    """
    training, record = run.setup.training, run.record
    if record.status != "ready":
        return
    if run.state.stopping.stopped:
        record.status = "stopped_early"
    elif training.epochs is not None and run.state.epoch >= training.epochs:
        record.status = "completed"
    else:
        return
    stopping = training.early_stopping
    if stopping is not None and stopping.restore and run.state.restore_best():
        measure(engine, run)


def _diverge(engine: Engine, run: Run, fault: DivergedError) -> None:
    run.record.status = "diverged"
    measure(engine, run)
    rate, before = run.learning_rate, run.record.health.rate
    likely = (
        f"the learning rate {before:g} was too large and was lowered too late"
        if before > rate
        else f"the learning rate {rate:g} was too large; try a smaller one, or clip the gradient"
    )
    run.record.problem = (
        f"Training stopped at step {run.state.step:,}: {fault.what} in {layer_phrase(fault.layer)} was no longer a "
        f"finite number. Most likely {likely}."
    )


def measure(engine: Engine, run: Run) -> None:
    """Evaluate the network as it is now; the first evaluation of a run becomes the first row of its history."""
    evaluation = engine.evaluate(run.state)
    if run.record.history.count:
        run.record.evaluation, run.record.measured = evaluation, run.now
    else:
        run.record.begin(run.setup.network, run.state, run.learning_rate, evaluation)


def measure_if_needed(engine: Engine, run: Run, *, present: bool = False) -> Evaluation:
    """The latest evaluation of a run. Evaluates first if anything but training has changed the network since, or with
    `present` also if training has."""
    if run.record.evaluation is None or (present and not run.is_measured):
        measure(engine, run)
    assert run.record.evaluation is not None
    return run.record.evaluation


def look_after_health(engine: Engine, run: Run) -> None:
    """Check whether the present moment is healthy, and keep it if so, unless the latest check was just before."""
    moment = Moment(run.setup, run.state, run.record.seconds)
    run.record.health.look(moment, lambda columns: engine.outputs(run.state, columns))
