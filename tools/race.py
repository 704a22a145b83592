"""The race of our engines against JAX, PyTorch and scikit-learn: `make bench`, which installs them.

    python -m tools.race [--engines A,B] [--seconds S] [--quick] [--growth | --crowds] [--json FILE]

The race itself is that of `main.py bench`; this adds the other libraries, and how many times as fast as they our
fastest engine shall be; then 64 networks at once, see `crowds`, which `--crowds` measures alone.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from playground.catalog.choice import listing
from playground.cli import bench
from playground.cli.commands import BAD_INPUT, Parser
from playground.cli.racers import OURS, Contestant
from playground.cli.terminal import check_outputs
from playground.files.errors import InputError
from tools import crowds
from tools.peers import PEERS, installed

RACERS = {**OURS, **PEERS}
PACKAGES = ("jax", "torch", "scikit-learn")
GOALS: dict[str, tuple[float | None, ...]] = {"jax": (3, 3, 3, 1.2, 1), "torch": (30, 30, 30, None, None)}
"""How many times as fast as a peer our fastest engine shall be, in each of `bench.WORKLOADS`."""


def race(racers: Mapping[str, type[Contestant]], turns: int, seconds: float) -> dict[str, Any]:
    """All workloads by all racers, and whether the goals are reached; printed and returned for JSON."""
    measured = bench.race_engines(racers, turns, seconds)
    for result in measured["workloads"]:
        for ratios in ("ratios", "boundary_ratios"):
            result[ratios] = {name: result[ratios].get(name) for name in PEERS}
    bench.print_ratios(measured["workloads"], PEERS)
    goals = goals_of(measured["workloads"])
    print_goals(goals)
    return {**measured, "goals": goals}


def goals_of(results: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The goals for our fastest engine, its results, and whether they are reached; None where not measured."""
    goals = []
    for place, (workload, result) in enumerate(zip(bench.WORKLOADS, results, strict=True)):
        for peer, all_wanted in GOALS.items():
            if (wanted := all_wanted[place]) is not None:
                goals.append(goal("training", peer, wanted, result["ratios"][peer], workload))
        if workload.boundary:
            goals.append(goal("100×100 boundary", "jax", 1, result["boundary_ratios"]["jax"], workload))
    return goals


def goal(what: str, peer: str, wanted: float, ratio: float | None, workload: bench.Workload) -> dict[str, Any]:
    """One goal, ready for JSON."""
    return {
        "workload": workload.name,
        "what": what,
        "peer": peer,
        "wanted": wanted,
        "ratio": ratio,
        "reached": None if ratio is None else ratio >= wanted,
    }


def print_goals(goals: Sequence[Mapping[str, Any]]) -> None:
    """Print which goals are reached."""
    print("\nGoals")
    words = {True: "reached", False: "not reached", None: "not measured"}
    for known in goals:
        peer = RACERS[known["peer"]].label
        print(
            f"  {known['workload']:<52}{known['what']:>18}  ≥ {known['wanted']:>4g} × {peer:<8}"
            f"{bench.ratio_words(known['ratio']):>10}  {words[known['reached']]}"
        )


def chosen(arguments: argparse.Namespace) -> dict[str, type[Contestant]]:
    """The racers that are asked for. Raises InputError if one is not installed, or has no growth measured."""
    asked = arguments.engines
    racers = {name: racer for name, racer in RACERS.items() if asked is None or name in asked}
    if arguments.growth:
        racers = {name: racer for name, racer in racers.items() if name in OURS}
        if not racers:
            raise InputError("--engines", listing(asked), f"one of {listing(OURS)} with --growth")
    missing = {name: racer for name, racer in racers.items() if not installed(racer)}
    if missing and asked is not None:
        raise InputError("--engines", listing(missing), "installed, as `make bench` does")
    if missing:
        packages = listing(racer.package for racer in missing.values())
        print(f"Not installed: {packages}; `make bench` installs them")
    return {name: racer for name, racer in racers.items() if name not in missing}


def main(argv: Sequence[str]) -> int:
    """Run the race; returns the exit code."""
    parser = Parser("race", description="Race the engines against each other and against other libraries.")
    bench.add_options(parser, RACERS)
    parser.add_argument("--crowds", action="store_true", help="race 64 networks at once only")
    try:
        arguments = parser.parse_args(argv)
        check_outputs({"--json": (arguments.json, ".json")}, {})
        racers, how = chosen(arguments), bench.turns_and_seconds(arguments)
        measured: dict[str, Any] = {}
        if not arguments.crowds:
            measured |= (bench.measure_growth if arguments.growth else race)(racers, *how)
        if not arguments.growth:
            rivals = {name for name, racer in crowds.RACERS.items() if racer.package != "jax" or "jax" in racers}
            measured |= crowds.race_crowds(rivals, *how)
        bench.write_report(arguments, measured, PACKAGES)
    except InputError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
