"""Variants of an experiment that are worth a race: other values of one setting, and the classic comparisons.

`RACES` lists the comparisons; to add one, add an entry. `values_to_race` proposes values of one setting. `name_lanes`
says what differs between experiments.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec

from playground.catalog.activations import Relu, Sigmoid, Tanh
from playground.experiment.difference import difference
from playground.experiment.paths import field_at, is_among, value_at
from playground.experiment.quantity import Number, Quantity, round_digits
from playground.experiment.rules import check
from playground.experiment.tree import Experiment, Layer
from playground.experiment.words import edit_words, in_a_sentence, value_words
from playground.files.errors import InputError
from playground.studies.knobs import BATCH_SIZE, Knob, knob_at

_FACTORS, _SHARES = (10, 3), (2,)
"""How many times the present value a value beside it is, on a logarithmic slider and on a linear one: the first that
the slider has."""
_TOLD_APART = 1.5
"""Values whose ratio is below this train too much alike for a race, unless they are shares that leave much else."""
_RATE = "training.learning_rate"
_DROPOUT = 0.2
"""The dropout of a race where the experiment has none."""
_DEPTHS = range(1, 7)


class ClassicRace(NamedTuple):
    """A comparison that textbooks make, for any experiment."""

    name: str
    title: str
    watch: str
    """A sentence on what to watch for."""
    make: Callable[[Experiment], list[Experiment]]

    def variants(self, experiment: Experiment) -> tuple[Experiment, ...]:
        """Return the variants of an experiment, without repetitions; empty if fewer than two are allowed."""
        made: dict[Experiment, Experiment] = {}
        for one in self.make(experiment):
            try:
                checked = check(one)
            except InputError:
                continue
            made.setdefault(_with_full_batches(checked), checked)
        return tuple(made.values()) if len(made) > 1 else ()


def _with_full_batches(experiment: Experiment) -> Experiment:
    """The experiment with a batch size of 0 where batches have room for all training points."""
    knob = knob_at(experiment, BATCH_SIZE)
    assert knob is not None
    return experiment.with_({BATCH_SIZE: knob.meaning(experiment.training.batch_size)})


def with_values(experiment: Experiment, path: str, values: Sequence[Any]) -> tuple[Experiment, ...]:
    """Return checked copies of the experiment, one for each of some values at a path. Raises InputError."""
    return tuple(check(experiment.with_({path: value})) for value in values)


def values_to_race(knob: Knob, best: Any = None) -> tuple[Any, ...]:
    """Return values of a number that show what it does: the present one, one well below it and one well above it.

    They stay within its slider, and no two come down to the same. `best`, a value known to do better, takes the place
    of one near it.
    """
    quantity, present = Quantity.of(knob.field), knob.values[knob.present]
    if knob.meaning(present):
        factors = _FACTORS if quantity.log else _SHARES
        beside = [_value_beside(quantity, present, [one**sign for one in factors]) for sign in (-1, 1)]
        found = [present, *(knob.meaning(value) for value in beside if value is not None)]
    else:
        below = [value for value in (quantity.at(0.2), quantity.at(0.45)) if knob.meaning(value)]
        # Of few points none of these may be fewer than all.
        found = [present, *(below or [value for value in knob.values if knob.meaning(value)][-2:])]
    if len(set(found)) < 2:
        found = [present, quantity.at(0.25), quantity.at(0.75)]
    if best is not None and _can_be_told_apart(quantity, best, present):
        found = [one for one in found if one == present or _can_be_told_apart(quantity, one, best)] + [best]
    return tuple(sorted(set(found), key=lambda one: one if knob.whole is None else knob.meaning(one) or knob.whole))


def _value_beside(quantity: Quantity, present: Number, factors: Sequence[float]) -> Number | None:
    """The present value times the first factor that the slider has, else the slider's end; None if that is too near."""
    low, high = quantity.ends
    tried = [quantity.typed(round_digits(present * factor)) for factor in factors]
    tried.append(quantity.typed(low if factors[0] < 1 else high))
    return next(
        (
            value
            for value in tried
            if low <= value <= high
            and quantity.admits(value)
            and (value < present) == (present * factors[0] < present)
            and _can_be_told_apart(quantity, value, present)
        ),
        None,
    )


def _can_be_told_apart(quantity: Quantity, a: Number, b: Number) -> bool:
    # What a share leaves counts as well: a momentum of 0.99 remembers ten times as many gradients as one of 0.9.
    is_share = quantity.high == 1 and not quantity.log
    return _differ(a, b) or (is_share and _differ(1 - a, 1 - b))


def _differ(a: Number, b: Number) -> bool:
    low, high = sorted((abs(a), abs(b)))
    return high >= _TOLD_APART * low if a * b > 0 else a != b


def _vary(path: str, *values: Any) -> Callable[[Experiment], list[Experiment]]:
    return lambda experiment: [experiment.with_({path: value}) for value in values]


def _vary_layers(field: str, *values: Any) -> Callable[[Experiment], list[Experiment]]:
    """Return copies of the experiment, one for each of some values, which all hidden layers get."""
    return lambda experiment: [_in_layers(experiment, field, value) for value in values]


def _in_layers(experiment: Experiment, field: str, value: Any) -> Experiment:
    layers = tuple(msgspec.structs.replace(layer, **{field: value}) for layer in experiment.layers)
    return msgspec.structs.replace(experiment, layers=layers)


def _rates(experiment: Experiment) -> list[Experiment]:
    knob = knob_at(experiment, _RATE)
    assert knob is not None
    return [experiment.with_({_RATE: value}) for value in values_to_race(knob)]


def _dropout(experiment: Experiment) -> list[Experiment]:
    has_some = any(one.dropout for one in experiment.layers)
    return [
        experiment if has_some else _in_layers(experiment, "dropout", _DROPOUT),
        _in_layers(experiment, "dropout", 0.0),
    ]


def _depths(experiment: Experiment) -> list[Experiment]:
    first = msgspec.structs.replace(experiment.layers[0] if experiment.layers else Layer(8, Tanh()), id=None)
    return [msgspec.structs.replace(experiment, layers=(first,) * depth) for depth in _DEPTHS]


RACES: tuple[ClassicRace, ...] = (
    ClassicRace(
        "rates",
        "Three learning rates",
        "The smallest is slow; the largest jumps and may get nowhere.",
        _rates,
    ),
    ClassicRace(
        "batches",
        "Batches of 1, 32 and all points",
        "Small batches make many noisy updates per epoch; a full batch makes one smooth update.",
        _vary(BATCH_SIZE, 1, 32, 0),
    ),
    ClassicRace(
        "activations",
        "Sigmoid, tanh, ReLU",
        "Stacked sigmoid layers pass on little gradient; ReLU draws straight edges.",
        _vary_layers("activation", Sigmoid(), Tanh(), Relu()),
    ),
    ClassicRace(
        "optimizers",
        "SGD, RMSProp, Adam",
        "At the same learning rate, optimizers that scale each weight's step move faster.",
        _vary("training.optimizer", "sgd", "rmsprop", "adam"),
    ),
    ClassicRace(
        "penalties",
        "L1, L2, no penalty",
        "A penalty keeps weights small and the boundary smooth; L1 makes many of them 0.",
        _vary("regularizer", "l1", "l2", "none"),
    ),
    ClassicRace(
        "dropout",
        "Dropout on and off",
        "Dropout slows training down and narrows the gap between training and validation.",
        _dropout,
    ),
    ClassicRace(
        "depths",
        "One to six hidden layers",
        "More layers can draw finer shapes, but the gradient has farther to go to the first one.",
        _depths,
    ),
)
"""The comparisons, in the order of the lecture."""


# Names --------------------------------------------------------------------------------------------------------


_SEVERAL = "variants"
"""The subject where several settings vary."""


class LaneNames(NamedTuple):
    """The names of the lanes of a race, by what differs between them."""

    subject: str
    """The setting that varies, such as `learning rate`; `variants` if there are several."""
    labels: tuple[str, ...]
    """The value of each lane, such as `0.03`."""

    def whole(self, place: int) -> str:
        """The name of a lane where it is read by itself, such as `dropout 0`."""
        return f"{self.subject} {self.labels[place]}".removeprefix(f"{_SEVERAL} ")


def name_lanes(experiments: Sequence[Experiment]) -> LaneNames:
    """Name experiments by what differs between them."""
    first = experiments[0]
    paths = tuple(dict.fromkeys(one.path for other in experiments[1:] for one in difference(first, other)))
    if paths == ("layers",):
        return _name_stacks(experiments)
    settings = {path.split(".", 2)[2] if is_among(path, ["layers"]) else path for path in paths}
    if len(settings) == 1 and not any(path.startswith("data.x") for path in paths):
        label = in_a_sentence(field_at(first, paths[0]).label)
        return LaneNames(label, _distinct([_value_label(one, paths) for one in experiments]))
    others = (experiments[1], *[first] * (len(experiments) - 1))
    words = [edit_words(other, one) for other, one in zip(others, experiments, strict=True)]
    return LaneNames(_SEVERAL, _distinct(words))


def _name_stacks(experiments: Sequence[Experiment]) -> LaneNames:
    """Name experiments by their numbers of layers, or where units differ too, by the units of all layers."""
    stacks = [[layer.units for layer in one.layers] for one in experiments]
    if len({len(stack) for stack in stacks}) == len(stacks) and len({units for one in stacks for units in one}) == 1:
        return LaneNames("depth", tuple(str(len(stack)) for stack in stacks))
    return LaneNames("layers", _distinct(["-".join(map(str, stack)) or "none" for stack in stacks]))


def _value_label(experiment: Experiment, paths: Sequence[str]) -> str:
    """The values at some paths, each once."""
    words = (value_words(field_at(experiment, path), value_at(experiment, path)) for path in paths)
    return ", ".join(dict.fromkeys(words))


def _distinct(labels: Sequence[str]) -> tuple[str, ...]:
    """Return the labels, with numbers added to equal ones."""
    result: list[str] = []
    for label in labels:
        alike = labels.count(label) > 1
        result.append(f"{label} ({1 + sum(one.startswith(f'{label} (') for one in result)})" if alike else label)
    return tuple(result)
