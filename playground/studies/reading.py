"""Reading of a response: the outcome of each value over its starts, and the conclusions that it allows."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

from playground.catalog.choice import Array, Task
from playground.measure.sentences import large_number
from playground.studies.knobs import Knob
from playground.studies.paired import LEAST, mean_interval

Measure: TypeAlias = Literal["loss", "accuracy", "epochs", "gap", "gradient"]
Scale: TypeAlias = Literal["amount", "accuracy", "r_squared"]


_DOUBLE = 2.0
"""The factor from which a ratio is no longer told in percent."""
_LEAST_GAIN = 0.01
"""The least mean gain that counts: one percent of an amount, a percentage point of a share. Less is no reason to change
anything, however sure it is."""
_AS_GOOD = 0.05
"""The mean excess over the lowest amount up to which values count as equally good."""


class Scores(NamedTuple):
    """The outcomes of all runs of a response in one measure; arrays have the shape (values, starts)."""

    measure: Measure
    numbers: Array
    """The outcomes; NaN where a run has not ended or has no such number."""
    trained: Array
    diverged: Array
    name: str
    """The name of the measure, such as `validation loss`."""
    scale: Scale = "amount"
    comparable: bool = True
    """Whether values may be ranked by this measure."""
    most: float = math.inf
    """The number that stands for an outcome that was not reached in time."""
    repeats: str = "start"
    """The word for that in which runs of one value differ: `start` or `shuffle`."""
    goes_on: bool = False
    """Whether more starts are to be trained, which may move what is best."""

    def with_places(self, kept: Sequence[int]) -> Scores:
        """The outcomes of some of the values."""
        return self._replace(numbers=self.numbers[kept], trained=self.trained[kept], diverged=self.diverged[kept])

    @property
    def ranked(self) -> Array:
        """The outcomes, with their signs changed if higher is better, so that lower is always better."""
        return self.numbers if self.scale == "amount" else -self.numbers


class ValueOutcome(NamedTuple):
    """The results of one value over all starts."""

    value: Any
    place: float
    words: str
    n: int
    """The number of starts that were trained to the end or diverged."""
    diverged: int
    median: float
    """The median of the starts that did not diverge; NaN if all did."""
    low: float
    high: float
    is_better: bool
    """Whether it is better than the present value beyond chance."""
    refused: str
    """The reason why the value can't be trained; empty if it can."""
    starts: tuple[float, ...] = ()
    """The outcome of each start that did not diverge."""


class ResponseReading(NamedTuple):
    """The results of a response so far."""

    knob: Knob
    measure: Measure
    scale: Scale
    outcome_words: str
    """The name of the outcome, such as `validation loss after 200 epochs from the start`."""
    values: tuple[ValueOutcome, ...]
    sentence: str
    share: float
    """The share of the training that is done, 0…1."""
    most: float = math.inf
    """The number that stands for an outcome that was not reached in time."""
    repeats: str = "start"
    """The word for that in which runs of one value differ: `start` or `shuffle`."""

    @property
    def present(self) -> ValueOutcome:
        """The results of the experiment's own value."""
        return self.values[self.knob.present]

    @property
    def best(self) -> ValueOutcome | None:
        """The best of the values that are better than the present one beyond chance; None if none is."""
        return _clearly_best(self.values, self.scale)

    @property
    def better_values(self) -> tuple[ValueOutcome, ...]:
        """The values to show as better than the present one: of numbers the best and those around it, in one region.

        Others by themselves are rather luck, and would need an explanation each.
        """
        best = self.best
        if best is None or not self.knob.is_number:
            return tuple(one for one in self.values if one.is_better)
        return tuple(_better_region(self.knob, self.values, best))

    @property
    def is_whole(self) -> bool:
        """Whether every value was trained from every start."""
        return self.share >= 1


def outcome_name(measure: Measure, task: Task, validated: bool, goal: float) -> str:
    """Name a measure: `validation loss`, `R²`, `epochs until validation accuracy reaches 95 %`."""
    share = "validation" if validated else "training"
    score = f"{share} {'R²' if task == 'regression' else 'accuracy'}"
    reached = f"{goal:g}" if task == "regression" else f"{100 * goal:g}\N{NO-BREAK SPACE}%"
    return {
        "loss": f"{share} loss",
        "accuracy": score,
        "epochs": f"epochs until {score} reaches {reached}",
        "gap": "validation loss minus training loss",
        "gradient": "share of the output layer's gradient in layer 1",
    }[measure]


def outcomes_of(knob: Knob, scores: Scores, refused: dict[int, str], least: int) -> tuple[ValueOutcome, ...]:
    """Summarize each value over its starts; none is better before it was trained from `least` of them."""
    better = _verdicts(scores, knob.present, least) > 0
    low, median, high = spread_of_starts(scores)
    n, diverged = scores.trained.sum(axis=1).tolist(), scores.diverged.sum(axis=1).tolist()
    counts = np.isfinite(scores.numbers) & ~scores.diverged
    return tuple(
        ValueOutcome(
            value,
            knob.places[place],
            knob.words(place),
            n[place],
            diverged[place],
            median[place],
            low[place],
            high[place],
            bool(better[place]),
            refused.get(place, ""),
            tuple(scores.numbers[place][counts[place]].tolist()),
        )
        for place, value in enumerate(knob.values)
    )


def _verdicts(scores: Scores, here: int, least: int, trifle: float = _LEAST_GAIN) -> Array:
    """Return 1 for values better than the present one beyond chance, −1 for those worse, and 0 for all others.

    A value is better or worse if the interval of paired differences excludes 0 and their mean is no trifle.
    """
    low, high = _gains(scores, here, least).T
    counts = np.abs(low + high) >= 2 * trifle
    verdicts: Array = ((low > 0) & counts).astype(int) - ((high < 0) & counts)
    return verdicts


def _gains(scores: Scores, here: int, least: int) -> Array:
    """Return the ends of the 95 % interval of each value's gain over the present one, shape (values, 2).

    They are NaN for values with fewer than `least` starts. Logarithms of amounts are compared, shares as they are. A
    start that diverged counts as the worst of all.
    """
    ranked, diverged = scores.ranked, scores.diverged
    found, sound = np.full((len(ranked), 2), np.nan), np.isfinite(ranked) & ~diverged
    if not (scores.comparable and sound.any()):
        return found
    worst = ranked[sound].max()
    ranked = np.where(sound, ranked, worst)
    ranked = np.log(np.maximum(ranked, LEAST)) if scores.scale == "amount" else ranked
    known = sound | diverged
    for place in range(len(ranked)):
        both = known[place] & known[here]
        gains = (ranked[here] - ranked[place])[both]
        if len(gains) >= max(least, 2) and not diverged[place].any():
            found[place] = mean_interval(gains)[1:]
    return found


def spread_of_starts(scores: Scores) -> tuple[list[float], list[float], list[float]]:
    """Return minimum, median and maximum of the starts of each value that did not diverge; NaN where all diverged."""
    sound = np.isfinite(scores.numbers) & ~scores.diverged
    ordered = np.sort(np.where(sound, scores.numbers, np.nan), axis=1)
    n, rows = np.isfinite(ordered).sum(axis=1), np.arange(len(ordered))
    # Sorting puts NaN last.
    last = np.maximum(n - 1, 0)
    median = (ordered[rows, last // 2] + ordered[rows, np.minimum(n // 2, last)]) / 2
    return ordered[:, 0].tolist(), median.tolist(), ordered[rows, last].tolist()


def response_sentence(knob: Knob, values: Sequence[ValueOutcome], scores: Scores, least: int) -> str:
    """The most important result as a sentence; until the first values have `least` starts, the progress."""
    here, is_switch = values[knob.present], knob.field.type is bool
    n = min((values[place].n for place in knob.coarse if not values[place].refused), default=0)
    if not n:
        return f"Trying other values of the {knob.label}…"
    if n < least:
        return f"Trying other values of the {knob.label}: {n} of {least} {scores.repeats}s so far."
    tried = [one for one in values if one.n]
    sound = [one for one in tried if _is_sound(one)]
    if not sound:
        missing = len(tried) > sum(one.diverged == one.n for one in tried)
        return (
            f"There is no {scores.name} here."
            if missing
            else f"Training diverges {'either way' if is_switch else f'with every {knob.one} tried so far'}."
        )
    best = min(_most_tried(values), key=lambda one: _rank(one, scores.scale))
    where = _where(knob, _as_good(knob, values, best, scores, least), scores)
    if here.diverged == here.n:
        return (
            f"{_superlative(scores).capitalize()}{where}; "
            f"training diverges {knob.at}{here.words} in {here.n} of {here.n} {scores.repeats}s."
        )
    if scores.most < math.inf and best.median >= scores.most:
        return f"{'Neither' if is_switch else f'No {knob.one}'} gets there in time: {scores.name}."
    lead = "" if scores.comparable or scores.scale == "amount" else "Losses can't be compared; "
    if len(sound) == len(tried) and _is_flat(sound, _verdicts(scores, knob.present, least)):
        return f"{lead}{'the' if lead else 'The'} {knob.one} makes no clear difference."
    if not scores.comparable:
        # Short, so that all of it has room in the window; the outcome's whole name stands below the chart.
        name = scores.name.removeprefix("validation ") if lead else f"The {scores.name}"
        return f"{lead}{name} is {_extreme(scores)}{where}."
    better = _clearly_best(values, scores.scale)
    if better is None:
        if is_switch:
            other = values[1 - knob.present].words
            return f"{other[:1].upper()}{other[1:]} is not clearly better than {here.words}."
        return f"No other {knob.one} is clearly better than {here.words}."
    ranked, place = scores.ranked, values.index(better)
    worse = int(((ranked[knob.present] > ranked[place]) | scores.diverged[knob.present]).sum())
    if worse == here.n:
        how = f"{here.words} is worse in {worse} of {here.n} {scores.repeats}s"
    elif here.diverged:
        how = f"training diverges {knob.at}{here.words} in {here.diverged} of {here.n} {scores.repeats}s"
    else:
        # A number of starts would sound like less than the interval says.
        how = f"{here.words} is worse by {_deficit_words(_gains(scores, knob.present, least)[place], scores)}"
    if better != best:
        # The lowest point of the curve is not sure to be better, so that none is called the best.
        lit = [
            one for one in _better_region(knob, values, better) if one == better or _share_a_range(knob, one, better)
        ]
        return f"Better{_where(knob, lit, scores)}; {how}."
    return f"Best{where}; {how}."


def _as_good(
    knob: Knob, values: Sequence[ValueOutcome], best: ValueOutcome, scores: Scores, least: int
) -> list[ValueOutcome]:
    """The better numbers around the best one that are not worse than it beyond chance; of a list only the best one.

    Which of them has the lowest median is luck, and changes as starts are added. Each is compared by its own interval:
    one that holds for all together excludes hardly any value while there are few starts. A loss that is higher by a few
    percent is as good.
    """
    if not (knob.is_number and scores.comparable):
        return [best]
    tried = _most_tried(values)
    trifle = _AS_GOOD if scores.scale == "amount" else _LEAST_GAIN
    worse = _verdicts(scores, values.index(best), least, trifle) < 0
    here = values[knob.present]
    # What always diverges is as bad as the worst of the others, so that these need not be better beyond chance.
    beaten = [one for one in tried if (here.n == here.diverged > one.diverged == 0) or one.is_better]
    as_good = [one for one in beaten if not worse[values.index(one)]]
    return _region(values, best, lambda one: one in as_good and _share_a_range(knob, one, best))


def _share_a_range(knob: Knob, one: ValueOutcome, best: ValueOutcome) -> bool:
    """Whether two values can be of one range; a number with a name, as 0 for a batch of all points, can't."""
    return not {one.value, best.value} & {*(knob.field.names or {})}


def _better_region(knob: Knob, values: Sequence[ValueOutcome], best: ValueOutcome) -> list[ValueOutcome]:
    """The values around the best one that are better than the present one; of a list only the best one."""
    return _region(values, best, lambda one: one.is_better) if knob.is_number else [best]


def _region(
    values: Sequence[ValueOutcome], one: ValueOutcome, belongs: Callable[[ValueOutcome], bool]
) -> list[ValueOutcome]:
    """A given value and those next to it that belong to it."""
    groups = (list(group) for is_in, group in groupby(values, lambda other: other == one or belongs(other)) if is_in)
    return next(region for region in groups if one in region)


def _where(knob: Knob, region: Sequence[ValueOutcome], scores: Scores) -> str:
    """Where a region lies: ` between 0.1 and 0.4`, ` with SGD`, or ` so far near 0.1` while more starts may move it."""
    first, last = region[0], region[-1]
    where = f"between {first.words} and {last.words}" if first != last else f"{knob.near}{first.words}"
    return f"{' so far' if scores.goes_on else ''} {where}"


def _deficit_words(gain: Array, scores: Scores) -> str:
    """The interval by which the present value falls behind: `4 to 31 %`, `a factor of 1.2 to 3`."""
    if scores.scale != "amount":
        unit, ends = (" percentage points", 100 * gain) if scores.scale == "accuracy" else ("", gain)
        return f"{ends[0]:.2g} to {ends[1]:.2g}{unit}"
    low, high = np.exp(gain)
    if high < _DOUBLE:
        return f"{100 * (low - 1):.2g} to {100 * (high - 1):.2g}\N{NO-BREAK SPACE}%"
    return f"a factor of {large_number(low)} to {large_number(high)}"


def _is_sound(one: ValueOutcome) -> bool:
    """Whether a value was trained, and no start of it diverged."""
    return one.n > 0 and not one.diverged and math.isfinite(one.median)


def _most_tried(values: Sequence[ValueOutcome]) -> list[ValueOutcome]:
    """The sound values with the most starts: one with fewer may only have been lucky."""
    sound = [one for one in values if _is_sound(one)]
    most = max((one.n for one in sound), default=0)
    return [one for one in sound if one.n == most]


def _clearly_best(values: Sequence[ValueOutcome], scale: Scale) -> ValueOutcome | None:
    better = [one for one in _most_tried(values) if one.is_better]
    return min(better, key=lambda one: _rank(one, scale), default=None)


def _rank(one: ValueOutcome, scale: Scale) -> float:
    """A number that is lower for better values."""
    return one.median if scale == "amount" else -one.median


def _is_flat(values: Sequence[ValueOutcome], verdicts: Array) -> bool:
    """Whether the bands of all values overlap, and none is better or worse than the present one."""
    return max(one.low for one in values) <= min(one.high for one in values) and not verdicts.any()


def _superlative(scores: Scores) -> str:
    return "best" if scores.comparable else _extreme(scores)


def _extreme(scores: Scores) -> str:
    return "lowest" if scores.scale == "amount" else "highest"
