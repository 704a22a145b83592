"""Changes to the experiment during a run, which keep every weight and record that still has a meaning."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import replace

import msgspec
import numpy as np

from playground.catalog.schedules import PlateauMemory
from playground.engine.setup import Setup, grid_points
from playground.engine.state import State, StoppingMemory
from playground.experiment.tree import Experiment
from playground.run.insertion import insert_layers, insertable_layers
from playground.run.origin import BACK, FRESH, STAYED, WeightsOrigin, origin_of
from playground.run.returning import is_same_task, moment_of_weights, take_weights
from playground.run.run import OTHER_POINTS, Checkpoint, Run, initial_state
from playground.run.transplant import (
    SetupStructure,
    Sources,
    describe_losses,
    layer_sources,
    mark_survivors,
    shorten_newcomers_steps,
    silence_newcomers,
    structure_of_setup,
    surviving_blocks,
    transplant,
)

_INSERTION_GRID = 25
"""Points along each side of a grid on the plane to which new layers are fitted."""


def change(
    run: Run, experiment: Experiment, memory: Checkpoint | None = None, *, title: str = "", goes_on: bool = False
) -> None:
    """Continue a run with a changed experiment, which must have been checked; the record's notes say what was lost.

    After a divergence, the run returns to the last healthy moment first. If removed parts come back, `memory` is a
    moment from before their removal, and they return with the weights they had then. The change is recorded (see
    `Record.remember_edit`); `Record.evaluation` is cleared if it must be measured again. Raises InputError if the
    points can't be loaded. If anything is raised, the run is unchanged.
    """
    # Arrays, histories and setups are replaced, never changed in place.
    before = run.setup, copy(run.state), replace(run.record, health=copy(run.record.health))
    run.record.origin = WeightsOrigin()
    try:
        _change(run, experiment, memory, title=title, goes_on=goes_on)
    except BaseException:
        run.setup, run.state, run.record = before
        raise


def _change(run: Run, experiment: Experiment, memory: Checkpoint | None, *, title: str, goes_on: bool) -> None:
    setup, record, goes_back = Setup(experiment, run.setup), run.record, run.can_go_back
    if goes_back:
        go_back(run)
        setup = Setup(experiment, run.setup, setup.sample)
    else:
        record.health.rate = max(record.health.rate, run.learning_rate)
    old, run.setup = run.setup, setup
    record.notes = setup.sample.notes
    if old.network.dtype != setup.network.dtype:
        run.state.cast(setup.network.dtype)
    other_network = setup.network is not old.network
    restructured = other_network and network_shape(setup) != network_shape(old)
    if restructured:
        record.started_from = record.latest = None
        _rebuild(run, old, memory)
    if old.training.optimizer.kind != setup.training.optimizer.kind:
        run.state.renew_optimizer(setup.training.optimizer)
    if record.started_from is not None:
        record.started_from = record.started_from.astype(setup.network.dtype, copy=False)
    _forget(run.state, old, setup, restructured=restructured)
    if memory is not None and memory.whole and is_same_task(memory.experiment, experiment):
        take_weights(run, memory)
        record.origin = WeightsOrigin(stay=False, back=("all",), moment=moment_of_weights(memory))
    elif goes_back:
        record.origin = record.origin._replace(healthy_step=run.state.step)
    record.be_ready()
    record.break_off()
    if run.state.step == 0:
        record.begin_again(setup.network)
    elif goes_back or other_network or setup.sample is not old.sample:
        record.evaluation = None
    record.note_break(run.now, old.experiment, experiment, old.sample.task)
    record.remember_edit(run.now, old.experiment, experiment, title=title, goes_on=goes_on and not goes_back)


def go_back(run: Run) -> None:
    """Return to the last healthy moment, including its experiment; drop everything recorded since."""
    moment, record = run.record.health.moment, run.record
    assert moment is not None
    if moment.setup.experiment != run.experiment:
        before, layers = structure_of_setup(run.setup), len(run.setup.network.layers)
        run.setup = moment.setup
        record.rearrange_gradients(layer_sources(before, structure_of_setup(run.setup)), layers)
    run.state, record.seconds, record.latest = moment.state.copy(), moment.seconds, None
    record.forget_since(run.state.step)


def network_shape(setup: Setup) -> tuple[object, ...]:
    """The properties that must stay the same for every parameter to keep its place and meaning."""
    ids = tuple(layer.id for layer in setup.experiment.layers)
    kinds = tuple((layer.units, layer.inputs, layer.normalization.kind) for layer in setup.network.layers)
    return setup.experiment.features, ids, kinds


def _forget(state: State, old: Setup, new: Setup, *, restructured: bool) -> None:
    """Reset the parts of a state that a change has made meaningless."""
    other_numbers = restructured or new.sample is not old.sample or new.network.loss != old.network.loss
    if other_numbers:
        state.carried_points = 0
    if new.points != old.points:
        state.position = state.carried_points = 0
    if new.network is not old.network:
        state.pruned = state.pruned & new.network.is_prunable
    if new.training.schedule != old.training.schedule:
        state.plateau = PlateauMemory()
    elif other_numbers:
        state.plateau = PlateauMemory(reductions=state.plateau.reductions)
    if other_numbers or new.training.early_stopping != old.training.early_stopping:
        state.stopping = StoppingMemory()
    elif state.stopping.stopped and new.experiment != old.experiment:
        state.stopping = state.stopping.with_fresh_patience()


def _rebuild(run: Run, old: Setup, memory: Checkpoint | None) -> None:
    """Transplant the state from the network of `old` to the present one; parts that come back are from `memory`."""
    before, after = structure_of_setup(old), structure_of_setup(run.setup)
    sources = layer_sources(before, after)
    restored: Sources = ()
    state = initial_state(run.setup)
    origins = np.full(after.network.size, FRESH, np.int8)
    silence_newcomers(after, surviving_blocks(before, after, sources), state.parameters)
    if memory is not None:
        memory = memory.way_back or memory
        then = structure_of_setup(Setup(memory.experiment, run.setup))
        if not memory.state.fits(then.network):
            run.record.notes = (*run.record.notes, OTHER_POINTS)
            memory = None
    if memory is not None:
        restored = layer_sources(then, after)
        transplant(then, after, memory.state, state, restored)
        mark_survivors(then, after, restored, origins, BACK)
    known = [place for place, source in enumerate(restored) if source is not None]
    places = insertable_layers(old.network, run.setup.network, sources, known)
    if places:
        _insert_layers(run, before, after, places, sources, state)
    else:
        transplant(before, after, run.state, state, sources, same_source_only=memory is not None)
        if memory is None and state.step:
            blocks = surviving_blocks(before, after, sources)
            shorten_newcomers_steps(after, blocks, state, run.setup.training.optimizer)
    mark_survivors(before, after, sources, origins, STAYED, same_source_only=memory is not None)
    run.record.origin = origin_of(after.network, origins, "" if memory is None else moment_of_weights(memory))
    run.state = state
    run.record.notes = (*run.record.notes, *describe_losses(before, after))
    record = run.record
    record.keep_gradients([layer.name for layer in old.network.layers], sources)
    record.rearrange_gradients(sources, len(old.network.layers))
    if memory is not None:
        record.bring_gradients_back([layer.name for layer in after.network.layers], sources)


def _insert_layers(
    run: Run, before: SetupStructure, after: SetupStructure, places: Sequence[int], sources: Sources, state: State
) -> None:
    """Transplant the state to a network with new layers at `places`, which start as near-identities."""
    setup = run.setup
    kept = [place for place in range(len(after.network.layers)) if place not in places]
    layers = tuple(layer for place, layer in enumerate(setup.experiment.layers) if place not in places)
    skeleton_setup = Setup(msgspec.structs.replace(setup.experiment, layers=layers), setup)
    skeleton, without = structure_of_setup(skeleton_setup), initial_state(skeleton_setup)
    skeleton_sources = [sources[place] for place in kept]
    silence_newcomers(skeleton, surviving_blocks(before, skeleton, skeleton_sources), without.parameters)
    transplant(before, skeleton, run.state, without, skeleton_sources)
    back = [kept.index(place) if place in kept else None for place in range(len(after.network.layers))]
    transplant(skeleton, after, without, state, back)
    columns = setup.features_of(np.concatenate([setup.sample.x, grid_points(_INSERTION_GRID)]))
    insert_layers(skeleton.network, without, setup.network, state, places, columns, setup.training.optimizer)


def note_manual_change(run: Run) -> None:
    """Update a run after parameters were set by hand: measurements are outdated, and training may go on."""
    run.record.be_ready()
    run.record.break_off()
    run.state.stopping = run.state.stopping.with_fresh_patience()
    if run.state.step == 0:
        run.record.begin_again(run.setup.network)
    else:
        run.record.evaluation = None
