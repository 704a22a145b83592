"""`sweep`: trains an experiment with some of its values varied, over some seeds, and says which were best."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playground.catalog.choice import listing
from playground.catalog.datasets.table import Table
from playground.cli.runs import add_keep_option, say_kept
from playground.cli.terminal import check_outputs, interrupts_noted, number_option
from playground.experiment.paths import is_among
from playground.experiment.quantity import Quantity
from playground.experiment.tree import Experiment
from playground.files.atomic import write_atomically
from playground.files.errors import InputError, MissingError
from playground.interop.keeping import keep_sweep, open_store
from playground.interop.opening import open_source
from playground.measure.sentences import counted
from playground.studies.results import Best, Results
from playground.studies.running import run_study
from playground.studies.study import Study
from playground.studies.values import read_values

INTERRUPTED = 130
"""The exit code after Ctrl-C."""
_MOST_REASONS = 10
"""Refused combinations that are told one by one."""

whole_number = number_option(Quantity(True, 1))


def add_sweep_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `sweep`, but for EXPERIMENT and --set."""
    add = parser.add_argument
    words = "values to try: a,b,c or low..high:N or low..high:N:log; repeatable"
    add("--vary", action="append", required=True, metavar="PATH=VALUES", help=words)
    add("--random", type=whole_number, metavar="N", help="train N combinations drawn at random instead of all")
    add("--seeds", type=whole_number, default=1, metavar="N", help="train each combination from N seeds (default: 1)")
    add("--epochs", type=whole_number, metavar="N", help="how many epochs to train (default: the experiment's)")
    add("--out", metavar="RESULTS.csv", help="write a row per run")
    add("--plot", metavar="P.png", help="draw the results")
    add(
        "--goal",
        type=number_option(Quantity(False), "a finite number"),
        metavar="G",
        help="the validation accuracy or R² from which a run counts as solved",
    )
    add("--engine", choices=["lanes", "compiled", "reference"], default="lanes", help="engine to train with")
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--workers", type=whole_number, metavar="N", help="number of training threads (default: one per core)"
    )
    where.add_argument("--dask", metavar="ADDRESS", help="train on the workers of a Dask scheduler")
    add("--resume", metavar="FOLDER", help="keep results in a folder, and continue from those already there")
    add_keep_option(parser, "the training runs as one group")
    add("--json", action="store_true", help="print the result as one line of JSON, last on stdout")


def sweep(arguments: argparse.Namespace) -> int:
    """Run the command: train the runs, print the results, and write the files asked for; returns the exit code."""
    outputs = {"--out": (arguments.out, ".csv"), "--plot": (arguments.plot, ".png")}
    check_outputs(outputs, {"EXPERIMENT": arguments.experiment}, uses_stdout=arguments.json)
    found = open_source(arguments.experiment, arguments.set)
    if isinstance(found.experiment.data, Table):
        check_outputs(outputs, {"data.path": found.experiment.data.path})
    study = _study(found.experiment, arguments)
    for note in found.notes:
        print(note, file=sys.stderr)
    for path in study.vary:
        if path == "data" or is_among(path, ("loss",)):
            print(f"Losses can't be compared where {path} varies; accuracies (R²) can.", file=sys.stderr)
    _refuse_if_all_are(study)
    store = open_store() if arguments.keep else None
    with _executor(arguments.dask) as (executor, workers), interrupts_noted() as interrupted, _progress(study) as show:
        workers = workers or arguments.workers or os.cpu_count() or 1
        results = run_study(
            study, workers=workers, executor=executor, folder=arguments.resume, stop=interrupted, progress=show
        )
    say_refused([(study.values_of(place), results.refused[place]) for place in sorted(results.refused)])
    # First of all what took the time: a file may still fail.
    report = {**report_of(results), "workers": workers}
    if store is not None:
        report["kept"] = say_kept(store, keep_sweep(store, results))
    print(json.dumps(report, allow_nan=False) if arguments.json else _summary(results, workers), flush=True)
    if arguments.out:
        results.to_csv(arguments.out)
    if arguments.plot:
        from playground.interop.study_picture import study_picture

        write_atomically(Path(arguments.plot), study_picture(results))
    return INTERRUPTED if len(results) < len(study) else 0


def _study(experiment: Experiment, arguments: argparse.Namespace) -> Study:
    """The study that the options describe. Raises InputError."""
    vary: dict[str, tuple[Any, ...]] = {}
    for text in arguments.vary:
        path, values = read_values("--vary", text)
        if path in vary:
            raise InputError("--vary", path, "given once for each path")
        vary[path] = values
    epochs = epochs_of(experiment, arguments.epochs, vary.get("training.epochs", ()))
    return Study(
        experiment, vary, arguments.seeds, epochs, random=arguments.random, goal=arguments.goal, engine=arguments.engine
    )


def epochs_of(experiment: Experiment, given: int | None, varied: Sequence[Any]) -> int:
    """The largest number of epochs to train: that of --epochs, of `varied`, or of the experiment. Raises InputError."""
    if varied and given is not None:
        raise InputError("--epochs", given, "left out where training.epochs is varied")
    epochs = max((one for one in varied if one is not None), default=given or experiment.training.epochs)
    if epochs is None:
        raise MissingError("--epochs", "give it here or as training.epochs of the experiment")
    return int(epochs)


def _refuse_if_all_are(study: Study) -> None:
    """Raise InputError if no combination can be trained."""
    reason: InputError | None = None
    for combination in range(study.combinations):
        try:
            study.member(combination * study.seeds)
            return
        except InputError as error:
            reason = reason or error
    if reason is not None:
        raise reason


def say_refused(refused: Sequence[tuple[Mapping[str, Any], str]]) -> None:
    """Say which combinations are refused and why."""
    for values, reason in refused[:_MOST_REASONS]:
        print(f"Refused: {values_words(values)}: {reason}", file=sys.stderr)
    if (more := len(refused) - _MOST_REASONS) > 0:
        print(f"… and {counted(more, 'more combination')}.", file=sys.stderr)


def values_words(values: Mapping[str, Any]) -> str:
    """The values of a combination in words."""
    return ", ".join(f"{path}={value}" for path, value in values.items())


@contextmanager
def _progress(study: Study) -> Iterator[Callable[[Results], None]]:
    """A progress bar, shown only on a terminal: runs done, their rate, the time left."""
    from tqdm import tqdm

    # tqdm's monitor is a thread that would outlive the bar.
    tqdm.monitor_interval = 0
    with tqdm(total=len(study), unit="run", disable=not sys.stderr.isatty(), leave=False) as bar:
        last = time.monotonic() - 1

        def show(results: Results) -> None:
            nonlocal last
            if time.monotonic() - last > 0.1:
                last = time.monotonic()
                bar.update(len(results) - bar.n)

        yield show


@contextmanager
def _executor(address: str | None) -> Iterator[tuple[Executor | None, int | None]]:
    """The executor of a Dask cluster and the number of its workers; None to train on threads of this process."""
    if address is None:
        yield None, None
        return
    from playground.studies.cluster import cluster_executor

    with cluster_executor(address) as (executor, workers):
        yield executor, workers


# What came of it --------------------------------------------------------------------------------------------------


def report_of(results: Results) -> dict[str, Any]:
    """The results as plain values for JSON."""
    study, best, seconds = results.study, results.best, results.seconds
    engines = results.engines
    return {
        "trainings": len(results),
        "failed": len(results.refused) * study.seeds,
        "epochs": study.epochs,
        "seconds": seconds,
        "network_steps_per_second": results.steps / seconds if seconds > 0 else None,
        "engine": engines[0] if len(engines) == 1 else "+".join(engines) or None,
        "best": None if best is None else best_report(best),
    }


def best_report(best: Best) -> dict[str, Any]:
    """The best combination as plain values for JSON."""
    return {
        **best.values,
        "measure": best.measure,
        "mean": best.mean,
        "standard_deviation": best.deviation,
        "n": best.n,
        "solved": best.solved.share,
        "solved_interval": [best.solved.low, best.solved.high],
    }


def _summary(results: Results, workers: int) -> str:
    study, best, seconds = results.study, results.best, results.seconds
    rate = f", {results.steps / seconds:,.0f} network-steps/s" if seconds > 0 else ""
    epochs = "" if "training.epochs" in study.vary else f" of {counted(study.epochs, 'epoch')}"
    done = counted(len(results), "run")
    if len(results) < len(study):
        done = f"Interrupted: {len(results):,} of {counted(len(study), 'run')}"
    engine = f"; engine: {listing(results.engines)}" if results.engines else ""
    lines = [f"{done}{epochs} in {seconds:.2f} s{rate}{engine}; workers: {workers}"]
    counts = {name: int((results.column("status") == name).sum()) for name in ("diverged", "stopped_early", "refused")}
    lines += [", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in counts.items() if count)]
    if best is not None:
        spread = "" if best.deviation is None else f" ± {best.deviation:.3g} (n = {best.n})"
        lines += [
            f"best: {values_words(best.values)}: {best.measure.replace('_', ' ')} {best.mean:.6g}{spread}",
            solved_words(best),
        ]
    return "\n".join(line for line in lines if line)


def solved_words(best: Best) -> str:
    """The number of seeds from which the best combination reached the goal, with its interval, in words."""
    share = best.solved
    return (
        f"solved by {round(share.share * share.n)} of {counted(share.n, 'seed')} (95 %: {100 * share.low:.0f} to "
        f"{100 * share.high:.0f} %)"
    )
