"""The command `bench`: races the engines against each other, or measures how their cost grows.

Every racer has its own process with one thread. They take turns (A B C A B C …), so that a busy moment of the machine
affects all alike; figures are medians over the turns, and ratios are medians of the ratios in each turn. All first
train the same number of epochs from the same weights, so that none wins by not learning.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import multiprocessing
import os
import platform
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

from playground.catalog.activations import Tanh
from playground.catalog.choice import listing
from playground.catalog.datasets.shapes import Spiral
from playground.catalog.optimizers import Adam, AnyOptimizer, Sgd
from playground.cli.racers import ONE_THREAD, OURS, Contestant, serve
from playground.cli.terminal import number_option
from playground.experiment.quantity import Quantity
from playground.experiment.tree import Experiment, Layer, Training
from playground.files.atomic import write_atomically

_Contestants = Mapping[str, type[Contestant]]
"""The racers by their names on the command line, our engines first."""

_TURNS, SECONDS = 5, 1.0
QUICK_TURNS, _QUICK_SECONDS = 3, 0.15
_CLIFF = 1.5
"""The factor above the expected growth of cost, from one experiment of a series to the next, that is a cliff."""


@dataclass(frozen=True)
class Workload:
    """An experiment to race on."""

    experiment: Experiment
    epochs: int
    """The epochs after which the losses are compared."""
    boundary: bool = False
    """Whether the time for a 100 × 100 boundary is compared, too."""

    @property
    def name(self) -> str:
        return self.experiment.name

    @property
    def sizes(self) -> list[int]:
        """Inputs, then the units of every layer."""
        return [2, *(layer.units for layer in self.experiment.layers), 1]


def spiral_experiment(
    widths: Sequence[int], optimizer: AnyOptimizer, rate: float, batch_size: int, points: int
) -> Experiment:
    """An experiment on two spirals: all points for training, tanh layers, cross-entropy, float32."""
    layers = "-".join(map(str, (2, *widths, 1))) if len(widths) < 6 else f"2-({len(widths)}×{widths[0]})-1"
    batch = "all at once" if batch_size == 0 else f"batch {batch_size:,}"
    return Experiment(
        name=f"{layers}, {optimizer.label}, {batch}, {points:,} points",
        data=Spiral(points=points, validation_fraction=0),
        layers=tuple(Layer(units=units, activation=Tanh()) for units in widths),
        training=Training(optimizer=optimizer, learning_rate=rate, batch_size=batch_size),
    )


WORKLOADS = (
    Workload(spiral_experiment((4, 2), Sgd(), 0.1, 10, 250), 200),
    Workload(spiral_experiment((8,) * 3, Sgd(), 0.1, 10, 250), 200, boundary=True),
    Workload(spiral_experiment((8,) * 10, Sgd(), 0.03, 10, 250), 150),
    Workload(spiral_experiment((64,) * 3, Adam(), 0.003, 32, 250), 100, boundary=True),
    Workload(spiral_experiment((256,) * 4, Adam(), 0.001, 250, 10_000), 5),
)


def multiply_adds(sizes: Sequence[int]) -> int:
    """The multiply-adds in one point's matrix products: forward, ∂E/∂W, and δ passed back to all but the inputs."""
    products = [inputs * units for inputs, units in itertools.pairwise(sizes)]
    return 3 * sum(products) - products[0]


# Processes ------------------------------------------------------------------------------------------------------


class _Child:
    """A racer in its own process, whose methods are called by name."""

    def __init__(self, name: str, racer: type[Contestant]) -> None:
        self.name, self.label = name, racer.label
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs, racer), daemon=True)
        self.process.start()
        theirs.close()

    def call(self, method: str, *arguments: Any) -> Any:
        """Call a method of the racer and return its result. Raises RuntimeError with the reason if it fails."""
        try:
            self._connection.send((method, arguments))
            good, result = self._connection.recv()
        except (EOFError, OSError) as error:
            raise RuntimeError("its process ended") from error
        if not good:
            raise RuntimeError(result)
        return result

    def close(self) -> None:
        self._connection.close()
        self.process.join(1)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


@contextmanager
def start_racers(racers: _Contestants, environment: Mapping[str, str] = ONE_THREAD) -> Iterator[list[_Child]]:
    """Start a process for each racer, with `environment` added to the environment variables; end them on exit."""
    before = dict(os.environ)
    with ExitStack() as stack:
        try:
            os.environ.update(environment)
            started = []
            for name, racer in racers.items():
                started.append(_Child(name, racer))
                stack.callback(started[-1].close)
        finally:
            os.environ.clear()
            os.environ.update(before)
        yield started


# The race -------------------------------------------------------------------------------------------------------


def race_engines(racers: _Contestants, turns: int, seconds: float) -> dict[str, Any]:
    """Race on all workloads with all racers; print the results as they come, and return them for JSON."""
    with start_racers(racers) as racing:
        results = []
        gflops = 0.0
        for workload in WORKLOADS:
            result = race_workload(workload, racing, turns, seconds)
            if racing[0].name in OURS:
                gflops = max([gflops, *(racing[0].call("gflops") for _ in range(turns))])
            results.append(result)
            _print_race(result)
    if gflops:
        print(f"\nMatrix products (float32, one thread, NumPy): {gflops:.0f} GFLOP/s at best")
        for result in results:
            for figures in result["engines"].values():
                figures["share_of_matrix_products"] = (
                    figures["epochs_per_second"] * result["flops_per_epoch"] / (gflops * 1e9)
                )
    return {"matrix_product_gflops": gflops or None, "workloads": results}


@dataclass
class _Entry:
    """A racer in one race, with its results."""

    child: _Child
    initial_loss: float
    loss: float
    count: int
    """Epochs in each turn."""
    training: list[float] = field(default_factory=list)
    """Epochs per second in each turn, in the training steps alone."""
    total: list[float] = field(default_factory=list)
    """Epochs per second in each turn, with everything around the steps."""
    boundary: list[float] = field(default_factory=list)
    """Seconds for a boundary in each turn."""

    def _take_turn(self, seconds: float, boundary: bool) -> None:
        """Train for about `seconds`, and time the boundary if that is compared, too."""
        timing = self.child.call("run_epochs", self.count)
        self.training.append(self.count / timing.training)
        self.total.append(self.count / timing.total)
        if boundary:
            self.boundary.append(self.child.call("boundary_seconds", seconds / 5))

    def figures(self) -> dict[str, Any]:
        return {
            "label": self.child.label,
            "loss": self.loss,
            "turns": self.training,
            "epochs_per_second": median(self.training),
            "epochs_per_second_with_evaluation": median(self.total),
            "boundary_seconds": median(self.boundary) if self.boundary else None,
        }


def _enter(child: _Child, workload: Workload, seconds: float) -> _Entry:
    """Train a racer for the comparison of losses; its time also determines the epochs per turn."""
    child.call("prepare", workload.experiment)
    initial = child.call("loss")
    timing = child.call("run_epochs", workload.epochs)
    return _Entry(child, initial, child.call("loss"), max(1, round(workload.epochs * seconds / timing.total)))


def race_workload(workload: Workload, racing: Sequence[_Child], turns: int, seconds: float) -> dict[str, Any]:
    """Race on one workload: all train for the loss, then take timed turns. A racer that fails drops out."""
    entries: dict[str, _Entry] = {}
    problems: dict[str, str] = {}

    def out(child: _Child, error: RuntimeError) -> None:
        problems[child.name] = str(error)
        entries.pop(child.name, None)
        print(f"{child.label} is left out of {workload.name}: {error}", file=sys.stderr)

    for child in racing:
        try:
            entries[child.name] = _enter(child, workload, seconds)
        except RuntimeError as error:
            out(child, error)
    for _ in range(turns):
        for running in list(entries.values()):
            try:
                running._take_turn(seconds, workload.boundary)
            except RuntimeError as error:
                out(running.child, error)
    ours = entries.get(next((name for name in OURS if name in entries), ""))
    others = {name: running for name, running in entries.items() if running is not ours}
    return {
        "name": workload.name,
        "epochs_for_loss": workload.epochs,
        "initial_loss": next((running.initial_loss for running in entries.values()), None),
        "flops_per_epoch": 2 * workload.experiment.data.size * multiply_adds(workload.sizes),
        "ours": ours.child.name if ours else None,
        "engines": {name: running.figures() for name, running in entries.items()},
        "ratios": {name: typical_ratio(ours.training, other.training) for name, other in others.items() if ours},
        "boundary_ratios": {
            name: typical_ratio(other.boundary, ours.boundary)
            for name, other in others.items()
            if ours and workload.boundary
        },
        "problems": problems,
    }


def typical_ratio(a: Sequence[float], b: Sequence[float]) -> float:
    """The median of a/b over the turns, which doesn't change if the machine slows down between turns."""
    return median(x / y for x, y in zip(a, b, strict=True))


def have_learned(result: Mapping[str, Any]) -> dict[str, bool]:
    """Whether each racer's loss fell at least half as far as the median of all losses."""
    losses = {name: figures["loss"] for name, figures in result["engines"].items()}
    if not losses:
        return {}
    allowed = (result["initial_loss"] + median(losses.values())) / 2
    return {name: math.isfinite(loss) and loss <= allowed for name, loss in losses.items()}


# In words -------------------------------------------------------------------------------------------------------


def _print_race(result: Mapping[str, Any]) -> None:
    print(f"\n{result['name']}")
    loss = f"loss after {result['epochs_for_loss']}"
    print(f"  {'':<18}{'epochs/s':>12}{'with evaluation':>18}{loss:>18}{'boundary':>12}{'turns':>20}")
    learning = have_learned(result)
    for name, known in result["engines"].items():
        boundary = "" if known["boundary_seconds"] is None else f"{1e3 * known['boundary_seconds']:.2f} ms"
        turns = f"{_rate_words(min(known['turns']))} … {_rate_words(max(known['turns']))}"
        evaluated = "" if name not in OURS else _rate_words(known["epochs_per_second_with_evaluation"])
        print(
            f"  {known['label']:<18}{_rate_words(known['epochs_per_second']):>12}{evaluated:>18}"
            f"{known['loss']:>18.4f}{boundary:>12}{turns:>20}" + ("" if learning[name] else "   has hardly learned")
        )
    sys.stdout.flush()


def print_ratios(results: Sequence[Mapping[str, Any]], others: _Contestants) -> None:
    """Print the speed of our fastest engine relative to the others, and its share of what the machine can do."""
    print("\nSpeed of our fastest engine relative to …")
    widths = {name: max(14, len(racer.label) + 2) for name, racer in others.items()}
    print(f"  {'':<52}" + "".join(f"{others[name].label:>{widths[name]}}" for name in others) + f"{'of the limit':>14}")
    for result in results:
        ratios = "".join(f"{ratio_words(result['ratios'].get(name)):>{widths[name]}}" for name in others)
        share = result["engines"].get(result["ours"], {}).get("share_of_matrix_products")
        print(f"  {result['name']:<52}{ratios}{'' if share is None else f'{share:.1%}':>14}")
    print("  (the limit: the fastest matrix product of this run; only matrix products are counted)")


def _rate_words(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 100 else f"{rate:.3g}"


def ratio_words(ratio: float | None) -> str:
    """A ratio as text; a dash if there is nothing to compare."""
    return "–" if ratio is None else f"{ratio:.3g} ×"


# How cost grows -------------------------------------------------------------------------------------------------

_GROWTH_POINTS = (100, 1_000, 10_000, 100_000, 1_000_000)
_GROWTH_WIDTHS = (2, 4, 8, 16, 32, 64, 128, 256, 512)
_GROWTH_DEPTHS = (1, 2, 4, 8, 16, 30)
_GROWTH_BATCHES = (1, 10, 100, 1_000, 0)
_MEMORY_POINTS = 1_000_000


def _growth_series() -> dict[str, list[tuple[int, Experiment]]]:
    """Series of experiments that differ in one number, by the name of that number."""

    def grown(points: int = 1_000, width: int = 8, depth: int = 2, batch_size: int = 100) -> Experiment:
        return spiral_experiment((width,) * depth, Sgd(), 0.01, batch_size, points)

    return {
        "points": [(n, grown(points=n)) for n in _GROWTH_POINTS],
        "width": [(n, grown(width=n)) for n in _GROWTH_WIDTHS],
        "depth": [(n, grown(depth=n)) for n in _GROWTH_DEPTHS],
        "batch size": [(n, grown(points=10_000, batch_size=n)) for n in _GROWTH_BATCHES],
    }


def _expected_cost(experiment: Experiment) -> float:
    """The expected cost of an epoch, up to a factor: the multiplications of its matrix products.

    It is an upper bound of the growth, since work done once per unit, layer or update grows more slowly.
    """
    return experiment.data.size * multiply_adds([2, *(layer.units for layer in experiment.layers), 1])


def measure_growth(racers: _Contestants, turns: int, seconds: float) -> dict[str, Any]:
    """Measure how the time per epoch grows with every size, and the memory of an epoch; print and return both."""
    found: dict[str, Any] = {"growth": {}, "memory": {}}
    for name, racer in racers.items():
        with start_racers({name: racer}) as (child,):
            found["growth"][name] = {
                size: _measure_series(child, size, series, turns, seconds) for size, series in _growth_series().items()
            }
        # A fresh process, in which glibc returns freed arrays to the system, so that no later array can reuse them.
        with start_racers({name: racer}, {**ONE_THREAD, "MALLOC_MMAP_THRESHOLD_": "100000"}) as (child,):
            found["memory"][name] = _measure_memory(child)
    return found


def _measure_series(
    child: _Child, size: str, series: Sequence[tuple[int, Experiment]], turns: int, seconds: float
) -> list[dict[str, Any]]:
    """Measure one series and print it row by row."""
    print(f"\n{child.label}, more {size}")
    print(f"  {size:>12}{'ms per epoch':>16}{'µs per point':>16}{'of its due':>14}")
    rows: list[dict[str, Any]] = []
    for number, experiment in series:
        child.call("prepare", experiment)
        once = child.call("run_epochs", 1).training
        count = max(1, round(seconds / turns / once))
        spent = median(child.call("run_epochs", count).training / count for _ in range(turns))
        row = {"value": number, "seconds_per_epoch": spent, "seconds_per_point": spent / experiment.data.size}
        row["due"] = _expected_cost(experiment)
        row["of_its_due"] = (spent / row["due"]) / (rows[-1]["seconds_per_epoch"] / rows[-1]["due"]) if rows else None
        rows.append(row)
        shown = "" if row["of_its_due"] is None else f"{row['of_its_due']:.2f} ×"
        print(f"  {number or 'all':>12,}" if number else f"  {'all':>12}", end="")
        print(f"{1e3 * spent:>16.4g}{1e6 * row['seconds_per_point']:>16.4g}{shown:>14}", flush=True)
    cliffs = [row["value"] or "all" for row in rows if (row["of_its_due"] or 0) > _CLIFF]
    print(f"  {'cost jumps at ' + listing(cliffs) if cliffs else 'no jump in cost'}")
    return rows


def _measure_memory(child: _Child) -> dict[str, Any]:
    """Measure and print the additional memory of the second epoch over a million points."""
    experiment = spiral_experiment((8, 8), Sgd(), 0.01, 100, _MEMORY_POINTS)
    child.call("prepare", experiment)
    grew = child.call("epoch_growth_bytes")
    data = _MEMORY_POINTS * (2 + 1) * 4
    order = _MEMORY_POINTS * 8
    print(f"\n{child.label}, memory of the second epoch over {_MEMORY_POINTS:,} points")
    if grew is None:
        print("  not measured: only Linux reports it")
    else:
        verdict = "no copy of the data" if grew < order + data / 2 else "perhaps a copy of the data"
        print(
            f"  {grew / 1e6:.1f} MB more at the peak; the order of the points takes {order / 1e6:.0f} MB, "
            f"the data {data / 1e6:.0f} MB: {verdict}"
        )
    return {"points": _MEMORY_POINTS, "peak_growth_bytes": grew, "data_bytes": data, "order_bytes": order}


# The command ----------------------------------------------------------------------------------------------------


def add_options(parser: argparse.ArgumentParser, racers: _Contestants = OURS) -> None:
    """Add the options of `bench`."""
    parser.add_argument(
        "--engines", type=_names_of(racers), metavar="A,B", help=f"which of {listing(racers)} (default: all)"
    )
    parser.add_argument("--seconds", type=_positive, metavar="S", help=f"seconds for each turn (default: {SECONDS:g})")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter turns: rough figures")
    parser.add_argument("--growth", action="store_true", help="instead, measure how the cost grows with each size")
    parser.add_argument("--json", metavar="FILE", help="write all figures to this file")


_positive = number_option(Quantity(False, 0, 3600, low_open=True), "a number of seconds above 0 and at most 3,600")


def _names_of(racers: _Contestants) -> Callable[[str], list[str]]:

    def names(text: str) -> list[str]:
        names = text.split(",")
        for name in names:
            if name not in racers or names.count(name) > 1:
                raise argparse.ArgumentTypeError(f"must be one or more of {listing(racers)}, none twice (got {text!r})")
        return names

    return names


def run_bench(arguments: argparse.Namespace) -> None:
    """Measure as the arguments say, print tables, and write the report."""
    racers = {name: racer for name, racer in OURS.items() if arguments.engines is None or name in arguments.engines}
    turns, seconds = turns_and_seconds(arguments)
    measured = (measure_growth if arguments.growth else race_engines)(racers, turns, seconds)
    if not arguments.growth:
        print_ratios(measured["workloads"], dict(list(racers.items())[1:]))
    write_report(arguments, measured)


def turns_and_seconds(arguments: argparse.Namespace) -> tuple[int, float]:
    """The number of turns, and the seconds of each."""
    turns, seconds = (QUICK_TURNS, _QUICK_SECONDS) if arguments.quick else (_TURNS, SECONDS)
    return turns, arguments.seconds or seconds


def write_report(arguments: argparse.Namespace, measured: Mapping[str, Any], packages: Sequence[str] = ()) -> None:
    """Write all figures to the file that the arguments name; `packages` are reported with their versions."""
    if arguments.json:
        turns, seconds = turns_and_seconds(arguments)
        report = {"machine": _machine(packages), "turns": turns, "seconds_per_turn": seconds, **measured}
        write_atomically(Path(arguments.json), (json.dumps(report, indent=2, allow_nan=False) + "\n").encode())


def _machine(packages: Sequence[str]) -> dict[str, Any]:
    """A description of the machine, with the versions of our libraries and of `packages`."""
    versions = {}
    for package in ("numpy", "numba", "scipy", *packages):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return {
        "system": platform.platform(),
        "processor": _processor(),
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "packages": versions,
    }


def _processor() -> str:
    known = Path("/proc/cpuinfo")
    lines = known.read_text("utf-8", "replace").splitlines() if known.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
