"""Diagnosis: the ailments of a run, in at most three plain sentences, each with its numbers and a remedy.

Every function looks at one snapshot with its histories, knows one ailment, and returns None unless it finds that.
Causes are asked about before their symptoms: a learning rate or a penalty that is far too large before the gradients
that it spoils. Nothing here trains or changes anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

import numpy as np
from msgspec.structs import replace

from playground.catalog.activations import Activation, LeakyRelu, Sigmoid, Tanh
from playground.catalog.choice import Array, Choice, members
from playground.catalog.datasets.base import TRAIN
from playground.catalog.initializers import (
    ConstantWeights,
    GlorotUniform,
    HeNormal,
    Initializer,
    Normal,
    Uniform,
    Zeros,
)
from playground.catalog.normalizations import BatchNormalization, LayerNormalization, NoNormalization
from playground.catalog.optimizers import Adagrad, Adam, Momentum, Nadam, RmsProp, Sgd
from playground.catalog.regularizers import L2, NoRegularizer, Regularizer
from playground.experiment.layer_names import layer_phrase
from playground.experiment.tree import EarlyStopping, Experiment, Layer
from playground.experiment.words import in_a_sentence
from playground.measure.metrics import GOALS
from playground.measure.oddities import moves_without_learning, says_nothing
from playground.measure.sentences import large_number, loss_words, percent, plain, share_words
from playground.measure.skew import STRONG, balanced, largest_share
from playground.measure.snapshot import LayerStatistics, Snapshot

AT_MOST = 3
ADVICE = frozenset({"skewed", "widening"})
"""Kinds of findings that are no ailments, so that only what they advise is worth trying."""
BALANCE = "Balance the classes"
"""What the remedy for very uneven classes is called."""
_RECENT = 20
"""Epochs, or rows of the gradient history, that count as the present."""
_FEW_POINTS = 4
"""With fewer training points a network has hardly anything to learn, so its results say nothing."""
_BLOWN_UP = 10
"""A loss above this multiple of its best value has blown up."""
_LARGE_JUMP = 0.05
"""Smaller changes of the loss than this share of that of an output of 0 are no alarm."""
_UNTAUGHT = 0.8
"""From this share of the loss of an output of 0 on, a network has learned next to nothing."""
_STRONG_PULL = 0.1
"""A penalty whose derivative at a weight of 1 is as large as this outweighs most gradients."""
_LARGE_RATE, _LARGE_ADAPTIVE_RATE = 2.0, 0.3
"""Learning rates at which few networks learn: of gradient descent, whatever its momentum multiplies it with, and of
optimizers that divide by the size of the gradient, so that the rate alone is the length of a step."""
_EXPLODES = 1.0
"""A gradient (RMS per weight) below this does no harm, however much larger than others it is."""
_TREND = 5
"""Epochs whose mean losses are compared to tell a trend from noise."""
_WORSE = 0.02
"""A drop of accuracy or R² that counts."""


class Remedy(NamedTuple):
    """A change to try: the label of a button, and the experiment it asks for."""

    label: str
    experiment: Experiment
    reset: bool = False
    """Whether it only works from a fresh start."""

    @property
    def words(self) -> str:
        """What taking it does: `Use tanh`, or `Start again: learning rate 0.1`."""
        return f"Start again: {in_a_sentence(self.label)}" if self.reset else self.label


class Finding(NamedTuple):
    """An ailment of a run, with its remedy."""

    kind: str
    text: str
    """One sentence with its numbers."""
    remedy: Remedy | None

    @property
    def allows_live_changes(self) -> bool:
        """Whether changes to the present weights may help, which they can't where those are lost."""
        if self.kind == "overfitting":
            # Early stopping, which is advised first, needs a fresh start, but other remedies don't.
            return True
        return self.kind not in ADVICE and self.remedy is not None and not self.remedy.reset


_Rule: TypeAlias = Callable[[Snapshot], "Finding | None"]


def diagnose(snapshot: Snapshot) -> tuple[Finding, ...]:
    """Return at most three findings, the most urgent first; none while there is nothing to worry about."""
    found: dict[str, Finding] = {}
    telling = np.count_nonzero(snapshot.sample.split == TRAIN) >= _FEW_POINTS
    for rule in RULES if telling else (diverged,):
        if not found.keys() & EXPLAINED_BY.get(rule.__name__, frozenset()):
            finding = rule(snapshot)
            if finding is not None:
                found[rule.__name__] = finding
    return tuple(found.values())[:AT_MOST]


# The ailments ---------------------------------------------------------------------------------------------------


def diverged(snapshot: Snapshot) -> Finding | None:
    """Numbers that are no longer finite."""
    if snapshot.status != "diverged":
        return None
    return Finding("diverged", snapshot.problem, _calmer(snapshot, reset=False))


def blown_up(snapshot: Snapshot) -> Finding | None:
    """A loss many times what it was, though finite: the weights are lost, whatever else can be seen."""
    rows = comparable_rows(snapshot)
    losses = snapshot.history.train_loss[rows]
    now = snapshot.evaluation.train_loss
    if len(losses) < 2 or now is None or _is_good(snapshot) or _rate_just_changed(snapshot):
        return None
    best = int(np.argmin(losses))
    if not (now > _BLOWN_UP * losses[best] and now > 2 * max(losses[0], _idle_loss(snapshot))):
        return None
    text = (
        f"The learning rate {plain(snapshot.learning_rate)} is too high: since epoch "
        f"{snapshot.history.epoch[rows][best]:,.0f} the training loss has risen from {loss_words(losses[best])} to "
        f"{plain(now)}, so the weights are ruined."
    )
    return Finding("blown_up", text, _calmer(snapshot, reset=True))


def same_weights(snapshot: Snapshot) -> Finding | None:
    """Units of a layer that started alike and stay alike, or are so near 0 that nothing passes."""
    first, now = _rows_of_one_meaning(snapshot).start, snapshot.evaluation.train_loss
    if snapshot.epoch < 10 or _is_good(snapshot) or now is None or first >= len(snapshot.history.epoch):
        return None
    then = snapshot.history.train_loss[first]
    if not now > 0.9 * then:
        return None
    began = f"at epoch {snapshot.history.epoch[first]:,.0f}" if first else "at the start"
    for layer, chosen in zip(snapshot.layers, snapshot.experiment.layers, strict=False):
        initializer = chosen.initializer or snapshot.experiment.initializer
        if _spread_of(initializer) == 0:
            words = "started with equal weights, so they all learn the same"
        elif _spread_of(initializer) < 0.01:
            words = f"started with weights around ±{plain(_spread_of(initializer))}, too small to pass a signal on"
        else:
            continue
        text = (
            f"All {layer.units} units of {layer_phrase(layer.name)} {words}: after {snapshot.epoch:,} epochs the "
            f"training loss is {loss_words(now)}; {began} it was {loss_words(then)}."
        )
        return Finding("initialisation", text, _other_start(snapshot.experiment))
    return None


def blocked(snapshot: Snapshot) -> Finding | None:
    """A normalized layer of one unit, through which nothing passes."""
    text = says_nothing(snapshot)
    if not text:
        return None
    layers = tuple(
        replace(layer, normalization=NoNormalization())
        if layer.units == 1 and isinstance(layer.normalization, LayerNormalization)
        else layer
        for layer in snapshot.experiment.layers
    )
    return Finding(
        "blocked", text, Remedy("Leave a single unit unnormalized", replace(snapshot.experiment, layers=layers))
    )


def standing_still(snapshot: Snapshot) -> Finding | None:
    """A learning rate of 0, with which nothing is learned, though losses may move."""
    text = moves_without_learning(snapshot)
    if not text or not snapshot.step:
        return None
    return Finding("standing_still", text, _with_training(snapshot, "Learning rate 0.01", learning_rate=0.01))


def far_too_fast(snapshot: Snapshot) -> Finding | None:
    """A learning rate so large for the optimizer that nothing is learned, whatever the gradients look like."""
    losses, now = snapshot.history.train_loss[comparable_rows(snapshot)][-_RECENT - 1 :], snapshot.evaluation.train_loss
    if not snapshot.step or now is None or _is_good(snapshot) or _rate_just_changed(snapshot):
        return None
    if not _has_large_rate(snapshot):
        return None
    # What it has done to units shows at once, what it does to the loss only after some epochs.
    spoiled = any(max(_dead_share(layer), layer.saturated) >= 0.5 for layer in snapshot.layers[:-1])
    idle, told = _idle_loss(snapshot), len(losses) >= 3
    untaught = told and now >= _UNTAUGHT * idle
    jumps = told and np.mean(np.abs(np.diff(losses))) >= _LARGE_JUMP * idle and now >= 0.9 * losses[0]
    if not (untaught or spoiled or jumps):
        return None
    text = (
        f"The learning rate {plain(snapshot.learning_rate)} is too high: its steps overshoot, and after "
        f"{_duration(snapshot)} the training loss is {plain(now)}"
        f"{f'; a network that always outputs 0 has {plain(idle)}' if untaught else ''}."
    )
    return Finding("too_fast", text, _calmer(snapshot, reset=True))


def too_strong(snapshot: Snapshot) -> Finding | None:
    """A penalty that holds all weights so near to 0 that nothing is learned."""
    now, (pull, words) = snapshot.evaluation.train_loss, _strongest_pull(snapshot)
    if pull < _STRONG_PULL or snapshot.epoch < 2 or now is None or _is_good(snapshot):
        return None
    idle = _idle_loss(snapshot)
    if now < _UNTAUGHT * idle:
        return None
    text = (
        f"{words} is too strong: it pulls every weight towards 0, so the training loss is {plain(now)}; a network "
        f"that always outputs 0 has {plain(idle)}."
    )
    return Finding("too_strong", text, _weaker_penalty(snapshot.experiment))


def exploding(snapshot: Snapshot) -> Finding | None:
    """A gradient that grows on its way back, or is huge everywhere."""
    heard, sizes, _ = _recent_gradients(snapshot, share=0.25)
    if not heard:
        return None
    first, last, largest = sizes[0], sizes[-1], int(np.argmax(sizes))
    if not (first > max(100 * last, _EXPLODES) or sizes[largest] > 1000):
        return None
    text = f"The gradient explodes: {layer_phrase(heard[largest].name)} gets a gradient of {plain(sizes[largest])}" + (
        f", {large_number(first / last)} times that of {layer_phrase(heard[-1].name)}." if first > last > 0 else "."
    )
    return Finding("exploding", text, _with_training(snapshot, "Clip the gradient at 1", clip_norm=1.0))


def vanishing(snapshot: Snapshot) -> Finding | None:
    """A gradient that shrinks on its way back, so that the first layers hardly learn."""
    heard, sizes, deltas = _recent_gradients(snapshot)
    # Weights that get no input have no gradient either, however much comes back to their units.
    if not heard or not 0 <= sizes[0] < sizes[-1] / 100 or not deltas[0] < deltas[-1] / 10:
        return None
    first, last = layer_phrase(heard[0].name), layer_phrase(heard[-1].name)
    share = share_words(sizes[0] / sizes[-1])
    text = f"The gradient vanishes: {first} gets {share} the gradient of {last}, so it hardly learns."
    return Finding("vanishing", text, _better_passage(snapshot.experiment))


def dead_units(snapshot: Snapshot) -> Finding | None:
    """Units whose output is the same for every point, and whose gradient is 0."""
    layer = _worst(snapshot, _dead_share)
    # Half of the units may well be silent on one batch of a network that learns.
    if layer is None or _dead_share(layer) < 0.5 or _rate_just_changed(snapshot) or _is_good(snapshot):
        return None
    if _dead_share(layer) < 0.9 and not _rests(snapshot):
        return None
    text = (
        f"{round(layer.dead * layer.units)} of {layer.units} units of {layer_phrase(layer.name)} are dead: "
        f"their slope was 0 on every point of the latest batch, so they no longer learn."
    )
    leaky = _each_layer(
        snapshot.experiment, lambda one: one.activation.kind == layer.activation, activation=LeakyRelu()
    )
    return Finding("dead", text, Remedy("Use leaky ReLU", leaky))


def saturated(snapshot: Snapshot) -> Finding | None:
    """Activations so far out that their slope is nearly 0."""
    layer = _worst(snapshot, lambda layer: layer.saturated)
    if layer is None or layer.saturated < 0.5 or _is_good(snapshot) or _rate_just_changed(snapshot):
        return None
    text = (
        f"{percent(layer.saturated)} of the activations of {layer_phrase(layer.name)} are saturated: "
        f"{layer.activation} is flat there, so hardly any gradient passes back."
    )
    return Finding("saturated", text, _better_passage(snapshot.experiment))


def too_fast(snapshot: Snapshot) -> Finding | None:
    """A loss that jumps up and down and gets no better."""
    losses = _recent_losses(snapshot)
    if losses is None or _is_good(snapshot):
        return None
    jumped = float(np.mean(np.abs(np.diff(losses))))
    jump, half = jumped / float(losses.mean()), len(losses) // 2
    if jump < 0.1 or losses[half:].mean() < 0.9 * losses[:half].mean() or jumped < _LARGE_JUMP * _idle_loss(snapshot):
        return None
    text = (
        f"The learning rate {plain(snapshot.learning_rate)} is too high: in the last {len(losses) - 1} epochs the "
        f"training loss jumped by {percent(jump)} from one epoch to the next without falling."
    )
    rate = snapshot.experiment.training.learning_rate / 10
    return Finding("too_fast", text, _with_training(snapshot, f"Learning rate {plain(rate)}", learning_rate=rate))


def too_slow(snapshot: Snapshot) -> Finding | None:
    """Updates so small that the weights stay where they are, with much left to learn."""
    losses = _recent_losses(snapshot)
    ratio = max((layer.update_ratio for layer in snapshot.layers), default=np.nan)
    if losses is None or _is_good(snapshot) or not ratio < 1e-4:
        return None
    fallen = 1 - losses[-1] / losses[0]
    if not 0 <= fallen < 0.02:
        return None
    change = "nothing" if ratio == 0 else f"{share_words(ratio)} their size"
    text = (
        f"The learning rate {plain(snapshot.learning_rate)} is too low: an update changes the weights by {change}, "
        f"and {len(losses) - 1} epochs lowered the training loss by {percent(fallen, 2)}."
    )
    rate = min(10 * snapshot.experiment.training.learning_rate, 1e9) or 0.01
    faster = _with_training(snapshot, f"Learning rate {plain(rate)}", learning_rate=rate)
    return Finding("too_slow", text, faster)


def overfitting(snapshot: Snapshot) -> Finding | None:
    """A network that gets better on the points it learns from and worse on the others."""
    rows = comparable_rows(snapshot)
    train, validation = snapshot.history.train_loss[rows], snapshot.history.validation_loss[rows]
    learned, now = snapshot.evaluation.train_loss, snapshot.evaluation.validation_loss
    if len(train) < _RECENT or np.isnan(validation).all() or learned is None or now is None:
        return None
    # One epoch is no trend, whether it was the best or is the latest; and the best weights may be back.
    means = np.convolve(validation, np.full(_TREND, 1 / _TREND), "valid")
    if np.isnan(means).all():
        return None
    since = int(np.nanargmin(means))
    best, around = means[since], slice(since, since + _TREND)
    lately = min(now, float(means[-1]))
    then = float(np.mean(train[around]))
    if not (lately > 1.2 * best and learned < 0.9 * then and lately > 1.5 * learned):
        return None
    accuracy = snapshot.history.validation_accuracy[rows]
    recent = float(np.mean(accuracy[-_TREND:]))
    worse = recent < np.mean(accuracy[around]) - _WORSE
    if not worse and recent >= GOALS[snapshot.sample.task]:
        # It is right as often as ever, only surer of its few mistakes.
        return None
    if not worse and lately < best + _LARGE_JUMP * _idle_loss(snapshot):
        return None
    text = (
        f"The network overfits: the validation loss has risen from {loss_words(best)} to {loss_words(now)} since epoch "
        f"{snapshot.history.epoch[rows][since + _TREND // 2]:,.0f}, while the training loss has fallen from "
        f"{loss_words(then)} to {loss_words(learned)}."
    )
    return Finding("overfitting", text, _simpler(snapshot.experiment))


def underfitting(snapshot: Snapshot) -> Finding | None:
    """A training loss that has settled while the network is still often wrong on the points it learns from."""
    losses = snapshot.history.train_loss[comparable_rows(snapshot)]
    if len(losses) < 3 * _RECENT or _is_good(snapshot):
        return None
    before, lately, now = losses[-3 * _RECENT :].reshape(3, _RECENT).mean(axis=1)
    fallen = 1 - now / lately
    loss, _, accuracy, _ = snapshot.evaluation
    if not (abs(fallen) < 0.02 and abs(1 - now / before) < 0.05) or accuracy is None or loss is None:
        return None
    regression = snapshot.sample.task == "regression"
    measure = (
        f"R² is {accuracy:.2f}" if regression else f"only {percent(accuracy)} of the points it learns from are right"
    )
    text = (
        f"The network underfits: the training loss has settled at {loss_words(loss)} "
        f"({percent(abs(fallen), 1)} {'less' if fallen > 0 else 'more'} than {_RECENT} epochs earlier) and {measure}."
    )
    return Finding("underfitting", text, _larger(snapshot.experiment))


def widening(snapshot: Snapshot) -> Finding | None:
    """Layers that get wider towards the output, where a funnel does better for its size."""
    widths = [layer.units for layer in snapshot.experiment.layers]
    if len(widths) < 2 or not widths[-1] >= 2 * widths[0] or sorted(widths) != widths:
        return None
    funnel = sorted(widths, reverse=True)
    text = (
        f"The layers widen from {widths[0]} to {widths[-1]} units: what {widths[0]} units discard is lost to all later "
        f"layers; narrowing layers ({', '.join(map(str, funnel))}) usually learn more."
    )
    layers = tuple(
        replace(layer, units=units, skip=False, muted=False)
        for layer, units in zip(snapshot.experiment.layers, funnel, strict=True)
    )
    return Finding("widening", text, Remedy("Narrow the layers", replace(snapshot.experiment, layers=layers)))


def skewed(snapshot: Snapshot) -> Finding | None:
    """A class with so large a share of the points that accuracy alone misleads, while all points count alike."""
    largest, fair = largest_share(snapshot.sample), balanced(snapshot.experiment, snapshot.sample)
    if largest is None or largest[1] < STRONG or fair is None:
        return None
    text = (
        f"{percent(largest[1])} of the training points are of class {snapshot.sample.class_names[largest[0]]}; always "
        "predicting it would be right as often, so look at each class's recall."
    )
    return Finding("skewed", text, Remedy(BALANCE, fair))


RULES: tuple[_Rule, ...] = (
    diverged,
    blown_up,
    blocked,
    standing_still,
    too_strong,
    far_too_fast,
    same_weights,
    exploding,
    vanishing,
    dead_units,
    saturated,
    too_fast,
    too_slow,
    overfitting,
    underfitting,
    skewed,
    widening,
)

CAUSES = frozenset(
    {
        "diverged", "blown_up", "blocked", "standing_still", "same_weights", "exploding", "vanishing", "dead_units",
        "saturated", "too_strong", "far_too_fast",
    }
)  # fmt: skip
_RUINOUS = frozenset({"blown_up", "too_strong", "far_too_fast"})
"""Causes that leave no sound gradients."""
EXPLAINED_BY: dict[str, frozenset[str]] = {
    "same_weights": _RUINOUS | {"blocked", "standing_still"},
    "too_strong": frozenset({"diverged", "blown_up", "blocked"}),
    "far_too_fast": frozenset({"diverged", "blown_up", "blocked"}),
    "exploding": _RUINOUS,
    "vanishing": _RUINOUS | {"diverged", "blocked", "same_weights"},
    "dead_units": _RUINOUS,
    "saturated": _RUINOUS | {"diverged"},
    "too_fast": _RUINOUS | {"diverged"},
    "too_slow": CAUSES,
    "overfitting": frozenset({"diverged"}),
    "underfitting": CAUSES | {"too_fast", "too_slow", "overfitting"},
}
"""A symptom is not named when its cause has been."""


# What they look at ----------------------------------------------------------------------------------------------


def _recent_gradients(snapshot: Snapshot, share: float = 0.5) -> tuple[list[LayerStatistics], Array, Array]:
    """The hidden layers that are not muted, with this quantile of each one's ∂E/∂W and δ over the latest batches.

    No layers before training, right after a change, or where there are less than two.
    """
    hidden = snapshot.experiment.layers
    heard = np.flatnonzero([not layer.muted for layer in hidden])
    changed = max((change.step for change in snapshot.changes), default=-1)
    rows = np.flatnonzero(snapshot.gradients.step > changed)[-_RECENT:]
    sizes, deltas = (history[np.ix_(rows, heard)] for history in snapshot.gradients[1:3])
    known = np.isfinite(sizes).all(axis=1) & np.isfinite(deltas).all(axis=1)
    if len(heard) < 2 or np.count_nonzero(known) < 3:
        return [], np.zeros(0), np.zeros(0)
    layers = [snapshot.layers[place] for place in heard]
    return layers, np.quantile(sizes[known], share, axis=0), np.quantile(deltas[known], share, axis=0)


def comparable_rows(snapshot: Snapshot) -> slice:
    """The rows of the history that the present settings explain.

    They begin after the latest change of anything but the way of learning, or after the latest one that took another
    change back, since what happened in between is not the present settings' doing.
    """
    changes = snapshot.changes
    other = [
        change.step
        for place, change in enumerate(changes)
        if not change.leaves_losses_comparable or change.takes_back(changes[:place])
    ]
    return slice(int(np.searchsorted(snapshot.history.step, other[-1], side="right")) if other else 0, None)


def _rows_of_one_meaning(snapshot: Snapshot) -> slice:
    """The rows of the history whose losses have the same meaning as the present ones."""
    steps, last = snapshot.history.step, snapshot.breaks[-1].step if snapshot.breaks else -1
    return slice(int(np.searchsorted(steps, last, side="right")), None)


def _rate_just_changed(snapshot: Snapshot) -> bool:
    """Whether the learning rate was changed in this epoch, so that its effect on the loss is not known yet."""
    latest = snapshot.changes[-1] if snapshot.changes else None
    return latest is not None and latest.touches("training.learning_rate") and latest.step >= snapshot.history.step[-1]


def _has_large_rate(snapshot: Snapshot) -> bool:
    """Whether the learning rate is so large that few networks learn at it."""
    rate, optimizer = snapshot.learning_rate, snapshot.experiment.training.optimizer
    if isinstance(optimizer, Adam | Nadam | RmsProp | Adagrad):
        return rate >= _LARGE_ADAPTIVE_RATE
    if isinstance(optimizer, Momentum):
        return rate >= _LARGE_RATE * (1 - optimizer.momentum)
    return isinstance(optimizer, Sgd) and rate >= _LARGE_RATE / 2


def _strongest_pull(snapshot: Snapshot) -> tuple[float, str]:
    """The derivative of the strongest penalty at a weight of 1, and the name of that penalty."""
    experiment, training = snapshot.experiment, snapshot.experiment.training
    regularizers = (experiment.regularizer, *filter(None, (layer.regularizer for layer in experiment.layers)))
    pull, regularizer = max(((_pull(one), one) for one in regularizers), key=lambda one: one[0])
    if training.weight_decay > pull:
        return training.weight_decay, f"A weight decay of {plain(training.weight_decay)}"
    strength = max((float(value) for value in regularizer.values if not isinstance(value, bool)), default=0.0)
    return pull, f"{regularizer.label} with λ = {plain(strength)}"


def _pull(regularizer: Regularizer) -> float:
    return float(regularizer.gradient(np.ones(1))[0])


def _rests(snapshot: Snapshot) -> bool:
    """Whether the training loss is known to have settled."""
    losses = _recent_losses(snapshot)
    return losses is not None and bool(losses[len(losses) // 2 :].mean() > 0.95 * losses[: len(losses) // 2].mean())


def _idle_loss(snapshot: Snapshot) -> float:
    """The training loss of a network whose outputs are always 0."""
    _, labels = snapshot.sample.part(TRAIN)
    targets = snapshot.loss.targets(labels, snapshot.layers[-1].units, snapshot.sample.task)
    return float(np.mean(snapshot.loss.per_point(np.zeros(targets.shape), targets)))


def _recent_losses(snapshot: Snapshot) -> Array | None:
    """The latest training losses that can be compared; None while there are too few, or if they are 0."""
    losses = snapshot.history.train_loss[comparable_rows(snapshot)][-_RECENT - 1 :]
    return losses if len(losses) > _RECENT // 2 and losses.min() > 0 else None


def _is_good(snapshot: Snapshot) -> bool:
    accuracy = snapshot.evaluation.train_accuracy
    return accuracy is not None and accuracy >= 0.9


def _dead_share(layer: LayerStatistics) -> float:
    """The share of dead units; squashing units whose slope rounds to 0 are saturated, which is another ailment."""
    return layer.dead * (not members(Activation)[layer.activation].saturates)


def _worst(snapshot: Snapshot, measure: Callable[[LayerStatistics], float]) -> LayerStatistics | None:
    hidden = [layer for layer in snapshot.layers[:-1] if np.isfinite(measure(layer))]
    return max(hidden, key=measure) if hidden else None


def _spread_of(initializer: Initializer) -> float:
    """The spread of a layer's initial weights; infinite where it follows from the layer's size."""
    if isinstance(initializer, Zeros | ConstantWeights):
        return 0.0
    if isinstance(initializer, Normal):
        return initializer.std
    return abs(initializer.high - initializer.low) if isinstance(initializer, Uniform) else np.inf


def _duration(snapshot: Snapshot) -> str:
    """The duration of training so far: `1 epoch`, `12 epochs`, or `3 steps` within the first epoch."""
    count, unit = (snapshot.epoch, "epoch") if snapshot.epoch else (snapshot.step, "step")
    return f"{count:,} {unit}{'s' * (count != 1)}"


def first_share(snapshot: Snapshot) -> tuple[str, str] | None:
    """The gradient of the first hidden layer as a share of that of the last one: `1/35,000 of`, `layer F`.

    None where it is not known.
    """
    heard, sizes, _ = _recent_gradients(snapshot)
    if not heard or not sizes[-1] > 0:
        return None
    return share_words(sizes[0] / sizes[-1]), layer_phrase(heard[-1].name)


# Remedies -------------------------------------------------------------------------------------------------------


def _with_training(snapshot: Snapshot, label: str, **changed: object) -> Remedy:
    experiment = snapshot.experiment
    training = replace(experiment.training, **changed)
    return Remedy(label, replace(experiment, training=training))


def _calmer(snapshot: Snapshot, *, reset: bool) -> Remedy:
    """The remedy of a lower learning rate: that of the lowest loss if it is much lower, else a tenth, at most 0.1."""
    rows, now = comparable_rows(snapshot), snapshot.learning_rate
    losses, rates = snapshot.history.train_loss[rows], snapshot.history.learning_rate[rows]
    known = float(rates[np.nanargmin(losses)]) if np.isfinite(losses).any() else now
    chosen = snapshot.experiment.training.learning_rate
    rate = float(f"{chosen * known / now:.3g}") if 0 < known < now / 2 else min(chosen / 10, 0.1)
    return _with_training(snapshot, f"Learning rate {plain(rate)}", learning_rate=rate)._replace(reset=reset)


def _weaker_penalty(experiment: Experiment) -> Remedy:
    """The remedy of a weaker penalty: the same kinds, at their default strength where they are too strong."""

    def weaker(one: Regularizer | None) -> Regularizer | None:
        return one if one is None or _pull(one) < _STRONG_PULL else type(one)()

    layers = tuple(replace(layer, regularizer=weaker(layer.regularizer)) for layer in experiment.layers)
    decay = experiment.training.weight_decay
    training = replace(experiment.training, weight_decay=decay if decay < _STRONG_PULL else 0.01)
    changed = replace(experiment, layers=layers, regularizer=weaker(experiment.regularizer), training=training)
    # Weights that were held near 0 have become alike, and would stay so.
    return Remedy("Weaker penalty", changed, reset=True)


def _each_layer(experiment: Experiment, which: Callable[[Layer], bool], **changed: Choice | float) -> Experiment:
    layers = tuple(replace(layer, **changed) if which(layer) else layer for layer in experiment.layers)
    return replace(experiment, layers=layers)


def _other_start(experiment: Experiment) -> Remedy:
    """The remedy of initial weights whose size suits the activations."""
    straight = any(layer.activation.straight_from < np.inf for layer in experiment.layers)
    initializer: Initializer = HeNormal() if straight else GlorotUniform()
    layers = tuple(replace(layer, initializer=None) for layer in experiment.layers)
    changed = replace(experiment, layers=layers, initializer=initializer)
    return Remedy(f"{initializer.label} weights", changed, reset=True)


def _better_passage(experiment: Experiment) -> Remedy:
    """The change that lets signals and gradients pass: tanh instead of sigmoid, then normalization."""
    changed = _each_layer(experiment, lambda layer: isinstance(layer.activation, Sigmoid), activation=Tanh())
    if changed != experiment:
        return Remedy("Use tanh instead of sigmoid", changed)
    batch = BatchNormalization()
    changed = _each_layer(experiment, lambda one: isinstance(one.normalization, NoNormalization), normalization=batch)
    return Remedy("Normalize every layer", changed) if changed != experiment else _other_start(experiment)


def stop_early(experiment: Experiment) -> Remedy:
    """The remedy of early stopping, from the start: the best weights of the present run are gone."""
    training = replace(experiment.training, early_stopping=EarlyStopping())
    return Remedy("Stop early", replace(experiment, training=training), reset=True)


def _simpler(experiment: Experiment) -> Remedy | None:
    """The first of the remedies that keep a network simple which is missing: early stopping, then a penalty."""
    if experiment.training.early_stopping is None:
        return stop_early(experiment)
    if isinstance(experiment.regularizer, NoRegularizer):
        return Remedy("Add L2 regularization", replace(experiment, regularizer=L2(strength=0.003)))
    return None


def _larger(experiment: Experiment) -> Remedy:
    """The experiment with a hidden layer where it has none, else with twice the units."""
    if not experiment.layers:
        layers: tuple[Layer, ...] = (Layer(units=8, activation=Tanh()),)
        return Remedy("Add a layer of 8 units", replace(experiment, layers=layers))
    if all(isinstance(layer.activation, type(Layer().activation)) for layer in experiment.layers):
        return Remedy("Use tanh", _each_layer(experiment, lambda _: True, activation=Tanh()))
    doubled = tuple(_wider(experiment.layers))
    return Remedy("Double the units", replace(experiment, layers=doubled))


def _wider(layers: tuple[Layer, ...]) -> Iterator[Layer]:
    """The layers with twice the units; a first layer that has to be as wide as its input stays so."""
    held = True
    for layer in layers:
        held = held and (layer.skip or layer.muted)
        yield layer if held else replace(layer, units=min(2 * layer.units, 4096))
