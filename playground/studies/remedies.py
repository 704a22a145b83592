"""Remedies put to the test: the effect of changes to an experiment on its loss, from many starts with and without each.

    test = RemedyTest(experiment, candidates(experiment), epochs=200)
    for tried in test.train():
        print(f"{tried} of {len(test.remedies)} tried")
    print([effect.sentence for effect in test.helpful])

The same starts are trained without any change and with each change, so that every start is compared with itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from playground.catalog.activations import LeakyRelu, Relu, Tanh
from playground.catalog.choice import Array
from playground.catalog.initializers import GlorotUniform, HeNormal
from playground.catalog.normalizations import BatchNormalization, NoNormalization
from playground.catalog.optimizers import Adam
from playground.catalog.regularizers import L2, NoRegularizer
from playground.engine.evaluation import evaluate
from playground.engine.setup import Setup
from playground.experiment.difference import difference, losses_are_comparable
from playground.experiment.quantity import write_number
from playground.experiment.rules import check_rules
from playground.experiment.tree import Experiment, Layer
from playground.experiment.words import in_a_sentence
from playground.files.errors import CancelledError, InputError
from playground.measure.diagnosis import Remedy, stop_early
from playground.measure.sentences import loss_words
from playground.run.run import Checkpoint
from playground.studies.paired import Gain, paired_gain
from playground.studies.results import Results
from playground.studies.study import Study

STARTS = 16
"""Starts from which every remedy is trained: the experiment's seed and those that follow it."""
_LEAST_SAID = 1.05
"""A remedy that divides losses by less than this, in the mean, is not worth a sentence."""
_HELPS = 0.8
"""The share of starts that a remedy has to help."""
_PROMISING = 4
"""Remedies that are trained from all starts."""
_FEWEST_UNITS, _MOST_UNITS = 2, 64
_USUAL_BATCHES = (10, 32)
_LOWEST_RATE, _HIGHEST_RATE = 1e-5, 10.0
"""The learning rates that are tried."""


def candidates(
    experiment: Experiment, advised: Remedy | None = None, *, goes_on: bool = False, rate: float | None = None
) -> tuple[Remedy, ...]:
    """Return the changes worth trying: the remedy that a diagnosis advises, and all its rivals.

    Rivals are changes of one kind of setting each, as far as they can be applied. All start from new initial weights,
    unless training `goes_on` with the present ones. A learning `rate` that is known to be best stands for all others.
    """
    tried: dict[Experiment, Remedy] = {}
    rate = rate if rate is not None and _LOWEST_RATE <= rate <= _HIGHEST_RATE else None
    known = advised is not None and rate is not None and _changes_rate(experiment, advised)
    first = [] if advised is None or known or (goes_on and advised.reset) else [advised[:2]]
    from_start = () if goes_on else _changes_from_start(experiment)
    for label, changed in [*first, *_changes(experiment, rate), *from_start]:
        try:
            # Each value by itself is allowed.
            check_rules(changed)
        except InputError:
            continue
        if changed != experiment:
            tried.setdefault(changed, Remedy(label, changed, reset=not goes_on))
    return tuple(tried.values())


def _changes_rate(experiment: Experiment, remedy: Remedy) -> bool:
    """Whether a remedy is another learning rate and nothing else."""
    return [one.path for one in difference(experiment, remedy.experiment)] == ["training.learning_rate"]


def _changes(experiment: Experiment, rate: float | None) -> Iterator[tuple[str, Experiment]]:
    yield from _other_training(experiment, rate)
    yield from _other_layers(experiment)
    plain = tuple(replace(layer, regularizer=None) for layer in experiment.layers)
    if any(not isinstance(one, NoRegularizer | None) for one in _regularizers(experiment)):
        weights_free = replace(experiment, regularizer=NoRegularizer(), layers=plain)
        yield "No penalty on weights", weights_free
    for strength in (0.0003, 0.003):
        penalized = replace(experiment, regularizer=L2(strength=strength), layers=plain)
        yield f"L2 with λ = {write_number(strength)}", penalized


def _changes_from_start(experiment: Experiment) -> Iterator[tuple[str, Experiment]]:
    """The changes that do nothing for weights that are trained already."""
    if experiment.training.early_stopping is None:
        yield stop_early(experiment)[:2]
    for initializer in (GlorotUniform(), HeNormal()):
        layers = tuple(replace(layer, initializer=None) for layer in experiment.layers)
        yield f"{initializer.label} weights", replace(experiment, initializer=initializer, layers=layers)


def _regularizers(experiment: Experiment) -> list[object]:
    return [experiment.regularizer, *(layer.regularizer for layer in experiment.layers)]


def _other_training(experiment: Experiment, best: float | None) -> Iterator[tuple[str, Experiment]]:
    training = experiment.training
    rates = [float(f"{training.learning_rate * factor:.1g}") for factor in (0.01, 0.1, 0.3, 3, 10, 100)]
    for rate in rates if best is None else [best]:
        if _LOWEST_RATE <= rate <= _HIGHEST_RATE:
            yield f"Learning rate {write_number(rate)}", _trained(experiment, learning_rate=rate)
    for rate in (0.001, 0.01):
        adam = _trained(experiment, optimizer=Adam(), learning_rate=rate)
        if not isinstance(training.optimizer, Adam):
            yield f"Adam with learning rate {write_number(rate)}", adam
    for size in _USUAL_BATCHES:
        yield f"Batch size {size}", _trained(experiment, batch_size=size)
    yield "Clip the gradient at 1", _trained(experiment, clip_norm=1.0)
    yield "No weight decay", _trained(experiment, weight_decay=0.0)
    yield "No weight noise", _trained(experiment, weight_noise=0.0)


def _trained(experiment: Experiment, **changed: object) -> Experiment:
    return replace(experiment, training=replace(experiment.training, **changed))


def _other_layers(experiment: Experiment) -> Iterator[tuple[str, Experiment]]:
    layers = experiment.layers
    if not layers:
        yield "A layer of 8 units", replace(experiment, layers=(Layer(units=8, activation=Tanh()),))
        return
    for activation in (Tanh(), Relu(), LeakyRelu()):
        if any(not isinstance(layer.activation, type(activation)) for layer in layers):
            yield f"Use {in_a_sentence(activation.label)}", _each(experiment, activation=activation)
    if all(isinstance(layer.normalization, NoNormalization) for layer in layers):
        yield "Normalize every layer", _each(experiment, normalization=BatchNormalization())
    else:
        yield "No normalization", _each(experiment, normalization=NoNormalization())
    yield "No dropout", _each(experiment, dropout=0.0)
    if max(layer.units for layer in layers) <= _MOST_UNITS / 2:
        yield "Double the units", _resized(experiment, 2)
    yield "Halve the units", _resized(experiment, 0.5)
    if len(layers) > 3:
        yield "Keep two layers", replace(experiment, layers=layers[:2])


def _resized(experiment: Experiment, factor: float) -> Experiment:
    layers = (replace(one, units=max(_FEWEST_UNITS, round(factor * one.units))) for one in experiment.layers)
    return replace(experiment, layers=tuple(layers))


def _each(experiment: Experiment, **changed: object) -> Experiment:
    return replace(experiment, layers=tuple(replace(layer, **changed) for layer in experiment.layers))


class RemedyEffect(NamedTuple):
    """The effect of a remedy, trained from the same starts as the experiment without it."""

    remedy: Remedy
    before: float
    after: float
    """Median losses at the end over all starts, without and with the remedy; infinite where most diverged."""
    gain: Gain
    epochs: int
    measure: str
    """The loss that was compared: `validation loss` or `training loss`."""
    begun: int | None = None
    """The epoch from whose weights all runs continued, each start with other batches; None for initial weights."""
    rivals: int = 1
    """The number of remedies tried, including this one; the more there are, the likelier one helps by chance."""
    idle: float = np.inf
    """The loss of a network that always outputs 0; a remedy that does hardly better teaches nothing."""

    @property
    def helps(self) -> bool:
        """Whether the loss is lower in nearly all starts, beyond chance and by an amount worth a sentence, and then
        lower than that of a network that has learned nothing."""
        if self.after * _LEAST_SAID > self.idle:
            return False
        enough = self.gain.helped >= _HELPS * self.gain.n and self.gain.mean > np.log(_LEAST_SAID)
        return enough and self.gain.is_certain_among(self.rivals)

    @property
    def sentence(self) -> str:
        """The result in words.

        `expect a validation loss of 0.04 after 200 epochs from the start, instead of 0.69 (medians of 16 starts; lower
        in all 16)`, or, from the weights of a moment, `… after 100 more epochs, … (medians of 16 trials; …)`.
        """
        when = "within" if self.remedy.experiment.training.early_stopping is not None else "after"
        epochs = f"{self.epochs:,} epochs from the start" if self.begun is None else f"{self.epochs:,} more epochs"
        instead = f"instead of {loss_words(self.before, 2)}" if np.isfinite(self.before) else "instead of diverging"
        lower = f"all {self.gain.n}" if self.gain.helped == self.gain.n else f"{self.gain.helped}"
        return (
            f"expect a {self.measure} of {loss_words(self.after, 2)} {when} {epochs}, {instead} "
            f"(medians of {self.gain.n} {self._trials}; lower in {lower})"
        )

    @property
    def brief(self) -> str:
        """The result in a few words, for one of several in a list: `validation loss 0.04, lower in 16 of 16 starts`."""
        lower = f"lower in {self.gain.helped} of {self.gain.n} {self._trials}"
        return f"{self.measure} {loss_words(self.after, 2)}, {lower}"

    @property
    def _trials(self) -> str:
        return "starts" if self.begun is None else "trials"

    @property
    def about(self) -> str:
        """What was compared, whole: why its numbers are not those of the run."""
        n, same = self.gain.n, f"the same {self.epochs:,}"
        if self.begun is not None:
            tried = f"epoch {self.begun:,}, with {n} shuffles of its batches, {same} more epochs"
        else:
            tried = f"{n} starts, of which this run is one, {same} epochs"
        return (
            f"Trained from {tried} with and without the change. Each number is the median of {n} losses, so neither is "
            "that of this run."
        )


class RemedyTest:
    """Training runs of an experiment without and with each of some remedies.

    All are trained from half of the starts first; the most promising from the others, too. With a `beginning`, all
    continue from that moment, each start with other batches.
    """

    def __init__(
        self,
        experiment: Experiment,
        remedies: Sequence[Remedy],
        epochs: int,
        starts: int = STARTS,
        beginning: Checkpoint | None = None,
    ) -> None:
        self.experiment, self.epochs, self.starts = _endless(experiment), epochs, starts
        # After a divergence, every run continues from the last healthy moment.
        self.beginning = None if beginning is None else beginning.way_back or beginning
        self.remedies = tuple(one for one in remedies if self._compares(one))
        self._losses: dict[Experiment, Array] = {}
        """The losses at the end from the starts so far, infinite after divergence."""
        self._measure = ""
        self._idle = np.inf

    def _compares(self, remedy: Remedy) -> bool:
        return losses_are_comparable(difference(self.experiment, _endless(remedy.experiment)))

    def train(self, stop: Callable[[], bool] | None = None) -> Iterator[int]:
        """Train step by step; yield the number of remedies that were tried so far, until `stop` returns true."""
        some = self.starts // 2
        try:
            self._idle = _idle_loss(self.experiment)
            self._train(self.experiment, self.starts, stop)
            for tried, remedy in enumerate(self.remedies, 1):
                self._train(_endless(remedy.experiment), some, stop)
                yield tried
            promising = sorted(self.effects(), key=lambda effect: -effect.gain.mean)[:_PROMISING]
            for effect in promising:
                self._train(_endless(effect.remedy.experiment), self.starts, stop)
                yield len(self.remedies)
        except CancelledError:
            return

    def _train(self, experiment: Experiment, starts: int, stop: Callable[[], bool] | None) -> None:
        """Train from the starts that are missing."""
        # Engines are loaded when the first one is needed.
        from playground.studies.training import Cohort, never, train_dealt

        known = self._losses.get(experiment, np.empty(0))
        if len(known) >= starts:
            return
        first = replace(experiment, seed=experiment.seed + len(known))
        begun = 0 if self.beginning is None else self.beginning.state.epoch
        study = Study(first, seeds=starts - len(known), epochs=begun + self.epochs)
        results, waiting = Results(study), iter(range(len(study)))
        results.begin_span()
        cohort = Cohort(study.engine, beginning=self.beginning)
        for row in train_dealt(study, lambda room: list(islice(waiting, room)), stop or never, cohort):
            results.add(row)
        losses = results.column(results.measure)
        losses[(results.column("status") == "diverged") | ~np.isfinite(losses)] = np.inf
        self._losses[experiment] = np.concatenate([known, losses])
        self._measure = "validation loss" if results.measure == "validation_loss" else "training loss"

    @property
    def is_whole(self) -> bool:
        """Whether all remedies were tried, and the promising ones from all starts."""
        whole = sum(len(losses) == self.starts for losses in self._losses.values())
        return whole >= min(_PROMISING, len(self.remedies)) + 1

    def effects(self) -> Iterator[RemedyEffect]:
        """Yield what each remedy did, as far as it was trained."""
        for remedy in self.remedies:
            after = self._losses.get(_endless(remedy.experiment))
            if after is not None:
                before = self._losses[self.experiment][: len(after)]
                gain = paired_gain(before, after)
                medians = _median(before), _median(after)
                begun = None if self.beginning is None else self.beginning.state.epoch
                rivals = len(self.remedies)
                yield RemedyEffect(remedy, *medians, gain, self.epochs, self._measure, begun, rivals, self._idle)

    @property
    def helpful(self) -> tuple[RemedyEffect, ...]:
        """The effects, from all starts, of the remedies that help, lowest loss first."""
        helping = [effect for effect in self.effects() if effect.gain.n == self.starts and effect.helps]
        return tuple(sorted(helping, key=lambda effect: effect.after))


def _idle_loss(experiment: Experiment) -> float:
    """The loss of a network whose outputs are always 0, on validation points if there are any."""
    setup = Setup(experiment)
    outputs = setup.network.layers[-1].units
    found = evaluate(setup, lambda inputs: np.zeros((outputs, inputs.shape[1]), setup.network.dtype))
    losses = (one for one in (found.validation_loss, found.train_loss) if one is not None)
    return next(losses, np.inf)


def _median(losses: Array) -> float:
    return float(np.median(losses))


def _endless(experiment: Experiment) -> Experiment:
    """The experiment without an end of its own, since all are trained for the same number of epochs."""
    return _trained(experiment, epochs=None)
