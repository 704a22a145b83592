"""The command `search`: looks for good settings within a budget and reports what they are worth."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from playground.cli.runs import add_keep_option, say_kept
from playground.cli.sweep import INTERRUPTED, epochs_of, say_refused, values_words, whole_number
from playground.cli.terminal import check_outputs, interrupts_noted, number_option
from playground.experiment.quantity import Quantity
from playground.experiment.text import save_experiment
from playground.files.errors import InputError
from playground.interop.keeping import keep_search, open_store
from playground.interop.opening import open_source
from playground.measure.sentences import counted
from playground.studies.search import Search, SearchResult, Trial, search
from playground.studies.values import Range, read_range


def add_search_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `search`, but for EXPERIMENT and --set."""
    add = parser.add_argument
    words = "what to search: low..high, low..high:log or a list a,b,c; repeatable"
    add("--over", action="append", required=True, metavar="PATH=RANGE", help=words)
    budget = parser.add_mutually_exclusive_group(required=True)
    budget.add_argument("--trials", type=whole_number, metavar="N", help="how many combinations to try")
    budget.add_argument(
        "--seconds", type=number_option(Quantity(False), "a number of seconds"), metavar="S", help="how long to search"
    )
    add("--sampler", choices=["tpe", "random"], default="tpe", help="how combinations are chosen (default: tpe)")
    add("--seeds", type=whole_number, default=1, metavar="N", help="train each combination from N seeds (default: 1)")
    add("--epochs", type=whole_number, metavar="N", help="how many epochs to train (default: the experiment's)")
    add("--engine", choices=["lanes", "compiled", "reference"], default="lanes", help="engine to train with")
    add("--workers", type=whole_number, metavar="N", help="number of training threads (default: one per core)")
    add("--out", metavar="BEST.json", help="write the experiment with the best settings")
    add_keep_option(parser, "the trials, as one group")
    add("--json", action="store_true", help="print the result as one line of JSON, last on stdout")


def run_search(arguments: argparse.Namespace) -> int:
    """Run the command: search, write the best settings, and print the result."""
    check_outputs({"--out": (arguments.out, ".json")}, {"EXPERIMENT": arguments.experiment}, uses_stdout=arguments.json)
    found = open_source(arguments.experiment, arguments.set)
    for note in found.notes:
        print(note, file=sys.stderr)
    over: dict[str, Range | Sequence[Any]] = {}
    for text in arguments.over:
        path, values = read_range("--over", text)
        if path in over:
            raise InputError("--over", path, "given once for each path")
        over[path] = values
    epochs_over = over.get("training.epochs", ())
    choices = (round(epochs_over.high),) if isinstance(epochs_over, Range) else epochs_over
    epochs = epochs_of(found.experiment, arguments.epochs, choices)
    plan = Search(
        found.experiment,
        over,
        epochs,
        arguments.trials,
        arguments.seconds,
        arguments.sampler,
        arguments.seeds,
        arguments.engine,
    )
    store = open_store() if arguments.keep else None
    workers = arguments.workers or os.cpu_count() or 1
    with interrupts_noted() as interrupted, _progress(plan) as show:
        result = search(plan, workers=workers, stop=interrupted, progress=show)
        ended_by_hand = interrupted()
    say_refused([(trial.values, trial.reason) for trial in result.trials if trial.status == "refused"])
    report = _report(result)
    if store is not None:
        report["kept"] = say_kept(store, keep_search(store, plan, result))
    print(
        json.dumps(report, allow_nan=False) if arguments.json else _summary(plan, result, interrupted=ended_by_hand),
        flush=True,
    )
    if arguments.out and result.experiment is not None:
        save_experiment(result.experiment, arguments.out)
    return INTERRUPTED if ended_by_hand else 0


@contextmanager
def _progress(plan: Search) -> Iterator[Callable[[Sequence[Trial]], None]]:
    """A progress bar, shown only on a terminal: trials done, or seconds of the budget, and the best loss so far."""
    from tqdm import tqdm

    # tqdm's monitor is a thread that would outlive the bar.
    tqdm.monitor_interval = 0
    by_time, started = plan.trials is None, time.monotonic()
    total, unit = (plan.seconds, "s") if by_time else (plan.trials, "trial")
    with tqdm(total=total, unit=unit, disable=not sys.stderr.isatty(), leave=False) as bar:

        def show(trials: Sequence[Trial]) -> None:
            done = round(time.monotonic() - started, 1) if by_time else len(trials)
            bar.update(min(done, total or 0) - bar.n)
            losses = [trial.loss for trial in trials if trial.status == "completed" and trial.loss is not None]
            if losses:
                bar.set_postfix_str(f"best {min(losses):.4g}")

        yield show


def _report(result: SearchResult) -> dict[str, Any]:
    best, test = result.best, result.test
    counts = {name: sum(trial.status == name for trial in result.trials) for name in ("pruned", "diverged", "refused")}
    return {
        "trials": len(result.trials),
        **counts,
        "best": None if best is None else best.values,
        "validation_loss": None if best is None else best.loss,
        "test": None if test is None else {"loss": test.loss, "accuracy": test.accuracy},
    }


def _summary(plan: Search, result: SearchResult, *, interrupted: bool) -> str:
    report, best, test = _report(result), result.best, result.test
    told = ", ".join(f"{report[name]:,} {name}" for name in ("pruned", "diverged", "refused") if report[name])
    epochs = "" if "training.epochs" in plan.over else f" of {counted(plan.epochs, 'epoch')}"
    lines = [
        f"{'Interrupted: ' if interrupted else ''}{counted(report['trials'], 'trial')}{epochs}"
        + (f": {told}" if told else "")
    ]
    if best is None:
        lines += ["no trial finished training"]
    else:
        lines += [f"best: {values_words(best.values)}: validation loss {best.loss:.6g}"]
    if test is not None:
        score = "" if test.accuracy is None else f"  {_metric(result)} {test.accuracy:.4f}"
        lines += [f"test       loss {test.loss:.6g}{score} ({test.points:,} points, measured once)"]
    return "\n".join(lines)


def _metric(result: SearchResult) -> str:
    assert result.experiment is not None
    return "R²" if result.experiment.data.tasks == ("regression",) else "accuracy"
