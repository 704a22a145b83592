"""Do remedies hold what they promise? Prints a table of sick and healthy experiments, with what was offered and helped.

    python tests/benchmarks/remedies.py --sick 500 --healthy 100

Every sick experiment has usual settings but one, which is spoiled. It trains for a while and is diagnosed; if something
is found, remedies are tried as in the window. The one that is offered is then trained from eight starts that nobody has
seen, and so is another change that could have been made, drawn at random. Healthy experiments have usual settings
and are solved: after 200 epochs, in three of five starts or more, validation accuracy is 95 % or R² 0.9.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable
from random import Random
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from playground import Experiment, Trainer
from playground.files.errors import InputError
from playground.measure.diagnosis import ADVICE, Remedy, diagnose
from playground.studies.paired import Gain
from playground.studies.remedies import RemedyTest, candidates
from playground.studies.response import horizon_after
from playground.studies.running import run_study
from playground.studies.study import Study

FRESH = 8
FRESH_SEED = 1_000_000
"""The first of the starts that are only used to judge."""


def healthy(random: Random) -> Experiment:
    """An experiment with settings that usually work."""
    kind = random.choice(["circle", "xor", "gaussians", "spiral", "moons", "rings", "wave", "hills", "blobs"])
    widths = [random.choice([4, 6, 8, 12]) for _ in range(random.choice([1, 2, 2, 3]))]
    activation = random.choice(["tanh", "tanh", "relu", "elu"])
    optimizer, rate = random.choice([("adam", 0.01), ("rmsprop", 0.003), ("momentum", 0.02), ("sgd", 0.1)])
    return Experiment(seed=random.randrange(1000)).with_(
        {
            "data": {"kind": kind, "points": random.choice([150, 250, 400]), "noise": random.choice([0, 0.1, 0.2])},
            "layers": [{"units": width, "activation": activation} for width in widths],
            "initializer": "he_normal" if activation in ("relu", "elu") else "glorot_uniform",
            "training.optimizer": optimizer,
            "training.learning_rate": rate,
            "training.batch_size": random.choice([10, 16, 32]),
        }
    )


def _rate_too_high(one: Experiment, random: Random) -> Experiment:
    return one.with_({"training.learning_rate": one.training.learning_rate * random.choice([30, 100, 300])})


def _rate_too_low(one: Experiment, random: Random) -> Experiment:
    return one.with_({"training.learning_rate": one.training.learning_rate / random.choice([100, 300, 1000])})


def _strong_penalty(one: Experiment, random: Random) -> Experiment:
    kind, strength = random.choice([("l2", 0.3), ("l2", 1.0), ("l1", 0.1), ("l1", 0.3)])
    return one.with_({"regularizer": {"kind": kind, "strength": strength}})


def _deep_sigmoid(one: Experiment, random: Random) -> Experiment:
    layers = [{"units": random.choice([4, 8]), "activation": "sigmoid"}] * random.choice([4, 5, 6, 7])
    return one.with_({"layers": layers, "initializer": "glorot_uniform"})


def _bad_start(one: Experiment, random: Random) -> Experiment:
    kinds = ["zeros", "constant", {"kind": "normal", "std": 1e-4}, {"kind": "normal", "std": 5.0}]
    return one.with_({"initializer": random.choice(kinds)})


def _bad_batch(one: Experiment, random: Random) -> Experiment:
    if random.random() < 0.5:
        return one.with_({"training.batch_size": 0, "training.optimizer": "sgd", "training.learning_rate": 0.01})
    return one.with_({"training.batch_size": 1, "training.learning_rate": 3 * one.training.learning_rate})


def _much_dropout(one: Experiment, random: Random) -> Experiment:
    share = random.choice([0.6, 0.7, 0.8])
    return one.with_({f"layers.{place}.dropout": share for place in range(len(one.layers))})


def _unscaled_features(one: Experiment, random: Random) -> Experiment:
    if random.random() < 0.5:
        return one.with_({"features": random.choice([["x1^2", "x2^2"], ["x1", "x2", "x1^2", "x2^2", "x1x2"]])})
    draw, size = np.random.default_rng(random.randrange(1000)), random.choice([0.02, 0.05])
    points = draw.uniform(-5, 5, (250, 2))
    inside = (np.hypot(*points.T) < 3).astype(float)
    x1, x2 = (size * points).T.tolist()
    return one.with_({"data": {"kind": "points", "x1": x1, "x2": x2, "target": inside.tolist()}})


def _too_few_points(one: Experiment, random: Random) -> Experiment:
    noisy = {"data.points": random.choice([30, 40, 60]), "data.noise": random.choice([0.3, 0.4, 0.5])}
    layers = [{"units": 16, "activation": "tanh"}] * random.choice([2, 3])
    return one.with_({**noisy, "layers": layers, "initializer": "glorot_uniform"})


SPOILERS: dict[str, Callable[[Experiment, Random], Experiment]] = {
    "learning rate too high": _rate_too_high,
    "learning rate too low": _rate_too_low,
    "penalty too strong": _strong_penalty,
    "many sigmoid layers": _deep_sigmoid,
    "initial weights": _bad_start,
    "batch size": _bad_batch,
    "dropout": _much_dropout,
    "unscaled features": _unscaled_features,
    "too few points": _too_few_points,
}


class Verdict(NamedTuple):
    """What came of one experiment."""

    finding: str
    """The kind of what was found; empty if nothing was."""
    offered: str = ""
    fresh: Gain | None = None
    """What the offered remedy did from fresh starts."""
    random: Gain | None = None
    """What another change, drawn at random, did from them."""

    @property
    def helped(self) -> float:
        """The share of fresh starts that the offered remedy helped; NaN if none was offered."""
        return self.fresh.helped / self.fresh.n if self.fresh else np.nan


def judge(experiment: Experiment, random: Random) -> Verdict:
    """Train, diagnose, try remedies, and judge the one that is offered from starts that were not used for it."""
    trainer = Trainer(experiment, history_rows=10_000)
    trainer.advance(epochs=random.choice([40, 80, 120]))
    findings = diagnose(trainer.snapshot())
    if not findings:
        return Verdict("")
    finding, test = findings[0], None
    if finding.allows_live_changes:
        tried = candidates(experiment, finding.remedy, goes_on=True)
        test = _tried(RemedyTest(experiment, tried, horizon_after(0), beginning=trainer.checkpoint()))
    if test is None or not test.helpful:
        tried = candidates(experiment, finding.remedy)
        epochs = horizon_after(trainer.state.epoch)
        test = _tried(RemedyTest(experiment, tried if finding.kind not in ADVICE else tried[:1], epochs))
    if not test.helpful:
        return Verdict(finding.kind)
    offered = test.helpful[0].remedy
    others = [one for one in test.remedies if one is not offered]
    drawn = [offered, *random.sample(others, min(1, len(others)))]
    return Verdict(finding.kind, offered.label, *(_from_fresh_starts(experiment, one, test) for one in drawn))


def _tried(test: RemedyTest) -> RemedyTest:
    for _ in test.train():
        pass
    return test


def _from_fresh_starts(experiment: Experiment, remedy: Remedy, test: RemedyTest) -> Gain:
    """What a remedy does from starts that no test has seen, or with other shuffles of the same weights."""
    moved = remedy._replace(experiment=remedy.experiment.with_(seed=FRESH_SEED))
    fresh = RemedyTest(experiment.with_(seed=FRESH_SEED), [moved], test.epochs, FRESH, test.beginning)
    return next(_tried(fresh).effects()).gain


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sick", type=int, default=500)
    parser.add_argument("--healthy", type=int, default=100)
    parser.add_argument("--seed", type=int, default=2026, help="of the experiments")
    args = parser.parse_args()
    random = Random(args.seed)
    verdicts: dict[str, list[Verdict]] = defaultdict(list)
    for number in tqdm(range(args.sick), disable=None):
        name = list(SPOILERS)[number % len(SPOILERS)]
        while True:
            try:
                sick = SPOILERS[name](healthy(random), random)
                break
            except InputError:
                continue
        verdicts[name].append(judge(sick, random))
    well = []
    for _ in tqdm(range(args.healthy), disable=None):
        well.append(judge(next(one for one in iter(lambda: healthy(random), None) if _is_solved(one)), random))
    _print_table(verdicts, well)


def _is_solved(experiment: Experiment) -> bool:
    return run_study(Study(experiment, seeds=5, epochs=200)).solved().share >= 0.6


def _print_table(verdicts: dict[str, list[Verdict]], well: list[Verdict]) -> None:
    print("What ails it               n   found  offered  helped in fresh starts  offered most")
    everything: list[Verdict] = []
    for name, some in [*verdicts.items(), ("all", everything)]:
        everything += some if name != "all" else []
        offered = [one for one in some if one.fresh is not None]
        helped = np.mean([one.helped for one in offered]) if offered else np.nan
        found = sum(bool(one.finding) for one in some)
        labels = [one.offered for one in offered]
        usual = max(set(labels), key=labels.count) if labels else ""
        print(f"{name:24}{len(some):4}{found:8}{len(offered):9}{helped:>18.1%}      {usual}")
    both = [(one.fresh.mean, one.random.mean) for one in everything if one.fresh is not None and one.random is not None]
    ahead = np.subtract(*np.transpose(both)) if both else np.zeros(1)
    half = 1.96 * ahead.std(ddof=1) / np.sqrt(len(ahead)) if len(ahead) > 1 else np.nan
    print(
        f"\nLosses are divided by {np.exp(ahead.mean()):.2f} times what a random change divides them by (95 %: "
        f"{np.exp(ahead.mean() - half):.2f} to {np.exp(ahead.mean() + half):.2f})."
    )
    wrong = [one for one in well if one.offered]
    print(f"Healthy: nothing offered in {len(well) - len(wrong)} of {len(well)}.")
    for one in wrong:
        print(f"  {one.finding}: {one.offered}, which helped in {one.helped:.0%} of fresh starts")


if __name__ == "__main__":
    main()
