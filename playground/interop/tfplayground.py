"""Conversion between experiments and links to playground.tensorflow.org ("the original").

An experiment made from a link draws the same points and weights as the original and trains to the same numbers. Keys
that the original ignores are ignored, with a note. Values that it can't compute with or doesn't know are refused, also
where the original would silently train something else.
"""

from __future__ import annotations

import itertools
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

import msgspec

from playground.catalog.activations import Activation, Linear, Relu, Sigmoid, Tanh
from playground.catalog.choice import kind_of, listing
from playground.catalog.datasets.base import LONGEST_SEED
from playground.catalog.datasets.tfdata import CLASSIFICATIONS, REGRESSIONS
from playground.catalog.datasets.tfplayground import TfPlayground
from playground.catalog.features import FEATURES, FeatureName
from playground.catalog.initializers import TfPlaygroundWeights as TfPlaygroundWeights
from playground.catalog.initializers import Zeros
from playground.catalog.losses import SquaredError
from playground.catalog.optimizers import Sgd
from playground.catalog.regularizers import L1, L2, NoRegularizer, Regularizer
from playground.experiment.rules import MAX_LAYERS, check
from playground.experiment.tree import Experiment, Layer, Training
from playground.files.errors import InputError, MissingError, one_line
from playground.interop.link_text import HOST, LONGEST_LINK, link_in

_MOST_UNITS, _MOST_WEIGHTS, _LARGEST_BATCH = 4096, 100_000, 1_000_000
_BIAS = 0.1
_EMPTY_KEYS = ("networkShape",)
"""Keys that have a meaning even without a value."""

_ACTIVATIONS: dict[str, type[Activation]] = {"relu": Relu, "tanh": Tanh, "sigmoid": Sigmoid, "linear": Linear}
_INPUTS: dict[str, FeatureName] = {
    "x": "x1",
    "y": "x2",
    "xSquared": "x1_squared",
    "ySquared": "x2_squared",
    "xTimesY": "x1_x2",
    "sinX": "sin_x1",
    "sinY": "sin_x2",
}
"""The inputs in the original's order."""
_WITHOUT_EFFECT = ("cosX", "cosY")
"""Inputs that links name but the original doesn't have."""
_VIEW_SETTINGS = {"showTestData": "show the test points", "discretize": "show the output as two colours"}
"""Settings of a link that concern only the display, in words."""

_DEFAULTS: dict[str, str] = {
    "activation": "tanh",
    "regularization": "none",
    "batchSize": "10",
    "dataset": "circle",
    "regDataset": "reg-plane",
    "learningRate": "0.03",
    "regularizationRate": "0",
    "noise": "0",
    "networkShape": "4,2",
    "seed": "",
    "showTestData": "false",
    "discretize": "false",
    "percTrainData": "50",
    "x": "true",
    "y": "true",
    "xTimesY": "false",
    "xSquared": "false",
    "ySquared": "false",
    "cosX": "false",
    "sinX": "false",
    "cosY": "false",
    "sinY": "false",
    "collectStats": "false",
    "problem": "classification",
    "initZero": "false",
    "hideText": "false",
}
"""Every key of a link in the original's order, with its default."""
_NAMES: dict[str, tuple[str, ...]] = {
    "activation": tuple(_ACTIVATIONS),
    "regularization": ("none", "L1", "L2"),
    "dataset": tuple(CLASSIFICATIONS),
    "regDataset": tuple(REGRESSIONS),
    "problem": ("classification", "regression"),
}
"""The allowed values of keys with a fixed set of values."""


_VALUES = {
    **{key: ("true", "false") if default in ("true", "false") else () for key, default in _DEFAULTS.items()},
    **_NAMES,
    "tutorial": (),
}
"""All keys, each with its values if these are known; switches accept others, too."""
_HIDDEN = re.compile(r"\w+_hide")
"""Keys that hide a control of the original."""
_MOST_NAMED = 5
_KEPT = "".join(map(chr, set(range(33, 127)) - set(map(ord, '"<>`'))))
"""Characters that browsers leave unencoded in a link."""


class _Linked(NamedTuple):
    """The experiment that a link describes, with notes in sentences."""

    experiment: Experiment
    notes: tuple[str, ...]


class NoLinkError(ValueError):
    """Raised if a link can't express an experiment; `reasons` lists everything that links can't express."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        self.reasons = reasons
        super().__init__(f"A link to {HOST} can't express: {'; '.join(reasons)}.")


def is_link(text: str) -> bool:
    """Whether a text holds a link, complete or from its # on, even a damaged one."""
    try:
        return link_in(text, _VALUES) is not None
    except InputError:
        return True


# From a link ----------------------------------------------------------------------------------------------------


def experiment_from_link(link: str) -> _Linked:
    """The experiment that a link describes, with notes. Raises InputError that names the key of a bad value.

    A link without a seed gets a random one, as in the original.
    """
    reading = _Reading(_values_of(link))
    for key in _NAMES:
        reading.text(key)
    data, weights = reading.data(), reading.weights()
    if reading._never_updates(data.training_points):
        reading.note(
            f"{data.training_points:,} training points never fill a batch of {reading.text('batchSize')}, so the "
            "original never updates a weight. Here the learning rate is 0 instead; choose another batch size and rate."
        )
    experiment = Experiment(
        precision="float64",
        data=data,
        features=reading.features(),
        layers=reading.layers(),
        loss=SquaredError(),
        regularizer=reading.regularizer(),
        training=reading.training(data),
        **weights,
    )
    reading._note_what_is_dropped()
    return _Linked(check(experiment), tuple(reading.notes))


def _values_of(link: str) -> dict[str, str]:
    """The values of a link by key; of a repeated key the last value counts. Raises InputError."""
    if len(link) > LONGEST_LINK:
        raise InputError("link", len(link), f"at most {LONGEST_LINK:,} characters long")
    found = link_in(link, _VALUES) or link.strip()
    address, sign, said = found.partition("#")
    if not sign or found.split() != [found] or not (address == "" or address == f"https://{HOST}/"):
        raise InputError("link", link, f"an address that begins with https://{HOST}/#, or what follows the #")
    pairs = [part.split("=") for part in said.split("&")]
    values = {
        name: _decoded_value(name, rest[0] if rest else "") for name, *rest in pairs if rest or name not in _VALUES
    }
    says_something = {*_EMPTY_KEYS, *(name for name in values if name and name not in _VALUES)}
    return {name: value for name, value in values.items() if name in says_something or (name and value.strip())}


def _decoded_value(key: str, value: str) -> str:
    """A value as the original reads it: a seed as browsers encode it, any other value decoded."""
    return quote(value, safe=_KEPT) if key == "seed" else unquote(value)


class _Reading:
    """Reads the values of one link and collects notes on them."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = values
        self.notes: list[str] = []

    def note(self, words: str) -> None:
        self.notes.append(words)

    def text(self, key: str) -> str:
        """The value of a key, or its default if there is none. Raises InputError if the original does not know it."""
        value = self.values.get(key, _DEFAULTS[key])
        if key in _NAMES and value not in _NAMES[key]:
            raise InputError(key, value, f"one of {listing(_NAMES[key])}")
        return value

    def on(self, key: str) -> bool:
        """Whether a switch is on: any value but false."""
        return self.text(key) != "false"

    def number(self, key: str) -> float:
        """The value of a key as a number. Raises InputError if it is none."""
        value = _read_number(self.text(key))
        if value is None:
            raise InputError(key, self.text(key), "a number, as in 0.03")
        return value

    def within(self, key: str, low: float, high: float) -> float:
        """The value of a key as a number from `low` to `high`. Raises InputError for any other value."""
        value = self.number(key)
        if not low <= value <= high:
            raise InputError(key, self.text(key), f"a number from {low:,g} to {high:,g}")
        return value

    def data(self) -> TfPlayground:
        which = "dataset" if self.text("problem") == "classification" else "regDataset"
        data = TfPlayground(self.text(which), self.noise(), self.train_percent(), self.seed())  # type: ignore[arg-type]
        if data.training_points < 1:
            allowed = f"at least {100 / data.size:.2g}, to leave a point to train on"
            raise InputError("percTrainData", self.text("percTrainData"), allowed)
        return data

    def noise(self) -> float:
        """The noise in percent, limited as in the original."""
        noise = self.number("noise")
        if noise > 80:
            self.note(f"The noise {_number_text(noise)} is above 80; as in the original it becomes 50.")
            return 50.0
        return max(noise, 0.0)

    def train_percent(self) -> float:
        """The percentage of points to train on, at most 100."""
        percent = self.number("percTrainData")
        if percent <= 0:
            raise InputError("percTrainData", self.text("percTrainData"), "a number above 0 and at most 100")
        return min(percent, 100.0)

    def seed(self) -> str:
        """The seed, or a random one."""
        seed = self.text("seed")
        if not seed:
            seed = f"{secrets.randbelow(100_000) / 100_000:.5f}"
            self.note(f"The link has no seed, so points and weights differ each time; this time the seed is {seed}.")
        if len(seed) > LONGEST_SEED:
            raise InputError("seed", seed, f"at most {LONGEST_SEED} characters long")
        return seed

    def weights(self) -> dict[str, Any]:
        if self.on("initZero"):
            return {"initializer": Zeros(), "bias": 0.0}
        return {"initializer": TfPlaygroundWeights(), "bias": _BIAS}

    def features(self) -> tuple[FeatureName, ...]:
        chosen = tuple(feature for key, feature in _INPUTS.items() if self.on(key))
        if not chosen:
            raise MissingError("x, y", f"at least one of {listing(_INPUTS)} must be true")
        return chosen

    def layers(self) -> tuple[Layer, ...]:
        sizes = self.sizes()
        if _weights_of(len(self.features()), sizes) > _MOST_WEIGHTS:
            raise InputError(
                "networkShape", self.text("networkShape"), f"a network of at most {_MOST_WEIGHTS:,} weights"
            )
        activation = _ACTIVATIONS[self.text("activation")]()
        return tuple(Layer(units=size, activation=activation) for size in sizes)

    def sizes(self) -> list[int]:
        shape = self.text("networkShape")
        parts = shape.split(",") if shape.strip() else []
        if len(parts) > MAX_LAYERS:
            raise InputError("networkShape", shape, f"a list of at most {MAX_LAYERS} layers")
        sizes = [_read_number(part) for part in parts]
        whole = [int(size) for size in sizes if size is not None and size in range(1, _MOST_UNITS + 1)]
        if len(whole) < len(parts):
            allowed = f"whole numbers from 1 to {_MOST_UNITS:,} separated by commas, or nothing"
            raise InputError("networkShape", shape, allowed)
        return whole

    def regularizer(self) -> Regularizer:
        """The penalty; L2 is halved, since the original's is ½ w². A negative rate rewards large weights."""
        kind = self.text("regularization")
        most = 2e6 if kind == "L2" else 1e6
        rate = self.within("regularizationRate", -most, most)
        return {"none": NoRegularizer(), "L1": L1(rate, prune=True), "L2": L2(rate / 2)}[kind]

    def training(self, data: TfPlayground) -> Training:
        """The settings of training; the learning rate is 0 if the original would never update."""
        rate = self.within("learningRate", 0, 1e9)
        return Training(
            optimizer=Sgd(),
            learning_rate=0.0 if self._never_updates(data.training_points) else rate,
            batch_size=self.batch_size(),
            batching="carry",
            shuffle=False,
        )

    def batch_size(self) -> int:
        """The number of points per update; 0 if there is never an update.

        After each point, the original tests whether the number of points so far modulo the batch size is 0, so that
        negative and fractional batch sizes have a meaning, too; they are converted.
        """
        size = self.number("batchSize")
        if abs(size) > _LARGEST_BATCH or (whole := abs(Fraction(size).numerator)) > _LARGEST_BATCH:
            raise InputError("batchSize", self.text("batchSize"), f"a whole number from 1 to {_LARGEST_BATCH:,}")
        return whole

    def _never_updates(self, points: int) -> bool:
        """Whether an epoch of `points` training points ends before a batch is full."""
        return not 1 <= self.batch_size() <= points

    def _note_what_is_dropped(self) -> None:
        """Add notes on everything in the link that the experiment leaves out."""
        unknown = [key for key in self.values if key not in _VALUES and not _HIDDEN.fullmatch(key)]
        if unknown:
            more = f" and {len(unknown) - _MOST_NAMED:,} more" if len(unknown) > _MOST_NAMED else ""
            names = listing(one_line(key, 40) for key in unknown[:_MOST_NAMED])
            self.note(f"{names}{more}: {HOST} has no such setting, so it is ignored here too.")
        without_effect = [key for key in _WITHOUT_EFFECT if self.on(key)]
        if without_effect:
            self.note(f"{listing(without_effect)}: the original has no such input, so it is left out here too.")
        shown = [words for key, words in _VIEW_SETTINGS.items() if self.on(key)]
        if shown:
            self.note(f"The link also asks to {' and to '.join(shown)}, which the window decides here.")


def _weights_of(inputs: int, sizes: Sequence[int]) -> int:
    """The number of weights in a network with these hidden layers and one output."""
    return sum(before * after for before, after in itertools.pairwise([inputs, *sizes, 1]))


def _read_number(text: str) -> float | None:
    """The decimal number in a text, or None."""
    match = re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", text.strip(), re.IGNORECASE | re.ASCII)
    return float(match.group()) if match else None


def _number_text(value: float) -> str:
    """A number as JavaScript usually writes it: 50, not 50.0."""
    return repr(value).removesuffix(".0")


# To a link ------------------------------------------------------------------------------------------------------


def link_of(experiment: Experiment) -> str:
    """The link that opens an experiment in the original. Raises NoLinkError that lists what can't be expressed.

    The names of the experiment and of its layers are left out.
    """
    reasons = tuple(_inexpressible(experiment))
    if reasons or not isinstance(experiment.data, TfPlayground):
        raise NoLinkError(reasons)
    said = {**_DEFAULTS, **_values_for(experiment, experiment.data)}
    if said["regularization"] == "none":
        del said["regularization"]
    return f"https://{HOST}/#" + "&".join(f"{key}={value}" for key, value in said.items())


def _values_for(experiment: Experiment, data: TfPlayground) -> dict[str, str]:
    training, penalty = experiment.training, experiment.regularizer
    which = "dataset" if data.task == "classification" else "regDataset"
    names = {kind_of(kind): name for name, kind in _ACTIVATIONS.items()}
    said = {
        which: data.dataset,
        "problem": data.task,
        "noise": _number_text(data.noise),
        "percTrainData": _number_text(data.train_percent),
        "seed": data.seed,
        "batchSize": str(training.batch_size or data.training_points),
        "learningRate": _number_text(training.learning_rate),
        "networkShape": ",".join(str(layer.units) for layer in experiment.layers),
        "initZero": "true" if isinstance(experiment.initializer, Zeros) else "false",
    }
    said |= {key: "true" if feature in experiment.features else "false" for key, feature in _INPUTS.items()}
    if experiment.layers:
        said["activation"] = names[experiment.layers[0].activation.kind]
    if isinstance(penalty, L1):
        said |= {"regularization": "L1", "regularizationRate": _number_text(penalty.strength)}
    if isinstance(penalty, L2):
        said |= {"regularization": "L2", "regularizationRate": _number_text(2 * penalty.strength)}
    return said


def _inexpressible(experiment: Experiment) -> Iterator[str]:
    """Yield everything in an experiment that the original doesn't have, in words."""
    yield from _in_the_data(experiment)
    yield from _in_the_features(experiment)
    yield from _in_the_layers(experiment)
    yield from _in_the_start(experiment)
    yield from _in_the_loss(experiment)
    if isinstance(experiment.regularizer, L1) and not experiment.regularizer.prune:
        yield "L1 without pruning"
    elif not isinstance(experiment.regularizer, NoRegularizer | L1 | L2):
        yield f"the regularizer {experiment.regularizer.label}"
    if experiment.precision != "float64":
        yield f"the precision {experiment.precision} (it computes in float64)"
    yield from _in_the_training(experiment.training, experiment)


def _in_the_loss(experiment: Experiment) -> Iterator[str]:
    data = experiment.data
    task = data.task if isinstance(data, TfPlayground) else data.tasks[0]
    loss, theirs = experiment.loss_for(task), SquaredError().resolved(task)
    if loss != theirs:
        output = f" with a {loss.output_activation} output" if isinstance(loss, SquaredError) else ""
        yield f"the loss {loss.label.lower()}{output} (it has squared error with a {theirs.output_activation} output)"


def _in_the_data(experiment: Experiment) -> Iterator[str]:
    data = experiment.data
    if not isinstance(data, TfPlayground):
        yield f"the data set {data.label or data.kind} (it has only its own)"
    elif not re.fullmatch(r"[!#-%'-;?-_a-~]+", data.seed):
        yield f'the data seed {data.seed!r} (letters, digits and signs, but no spaces and none of & = < > " `)'


def _in_the_features(experiment: Experiment) -> Iterator[str]:
    unknown = [name for name in experiment.features if name not in _INPUTS.values()]
    if unknown:
        yield f"the features {listing(FEATURES[name].label for name in unknown)}"
    ordered = [name for name in _INPUTS.values() if name in experiment.features]
    if not unknown and list(experiment.features) != ordered:
        yield f"features in another order than {listing(FEATURES[name].label for name in ordered)}"


def _in_the_layers(experiment: Experiment) -> Iterator[str]:
    layers = experiment.layers
    kinds = [kind_of(kind) for kind in _ACTIVATIONS.values()]
    unknown = {layer.activation.label: None for layer in layers if layer.activation.kind not in kinds}
    if unknown:
        yield f"the activation {listing(unknown)}"
    elif len({layer.activation for layer in layers}) > 1:
        yield "different activations in different layers"
    weights = _weights_of(len(experiment.features), [layer.units for layer in layers])
    if weights > _MOST_WEIGHTS:
        yield f"a network of {weights:,} weights (at most {_MOST_WEIGHTS:,} open from a link)"
    inherited = {"initializer": experiment.initializer, "regularizer": experiment.regularizer}
    for number, layer in enumerate(layers, start=1):
        for field in msgspec.structs.fields(layer):
            value = getattr(layer, field.name)
            if field.name in ("units", "activation", "id") or value in (field.default, inherited.get(field.name)):
                continue
            yield f"the {field.name} of layer {layer.id or number}"


def _in_the_start(experiment: Experiment) -> Iterator[str]:
    zeros = isinstance(experiment.initializer, Zeros)
    if not zeros and not isinstance(experiment.initializer, TfPlaygroundWeights):
        yield f"the initializer {experiment.initializer.label} (it has its own, or all 0)"
    bias = 0.0 if zeros else _BIAS
    if experiment.bias != bias:
        yield f"the initial bias {_number_text(experiment.bias)} (it has {_number_text(bias)})"
    if experiment.seed != 0 and not zeros:
        yield f"the seed {experiment.seed} of the weights (there the data's seed decides them)"


def _in_the_training(training: Training, experiment: Experiment) -> Iterator[str]:
    if not isinstance(training.optimizer, Sgd):
        yield f"the optimizer {training.optimizer.label} (it has SGD)"
    if training.batching != "carry":
        yield f"the last batch {training.batching} (it carries what is left over into the next epoch)"
    if training.shuffle:
        yield "shuffling (it keeps the order of the points)"
    plain = Training()
    words = {
        "schedule": "a learning rate schedule",
        "weight_decay": "weight decay",
        "weight_noise": "weight noise",
        "clip_norm": "gradient clipping",
        "early_stopping": "early stopping",
        "epochs": "a number of epochs after which training stops",
    }
    for name, said in words.items():
        if getattr(training, name) != getattr(plain, name):
            yield said
