"""The commands of the command line, which can train everything that the window can, without a display and without Qt.

Bad input gives exit code 2 and one line on stderr that names the place, the value and what is allowed.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from playground.catalog.choice import Array
from playground.catalog.datasets.base import TEST, TRAIN, VALIDATION
from playground.catalog.datasets.table import Table
from playground.cli.describe import add_describe_options, describe
from playground.cli.remove_files import add_remove_options, remove_files
from playground.cli.runs import EXAMPLES, add_keep_option, add_runs_options, runs, say_kept
from playground.cli.search import add_search_options, run_search
from playground.cli.sweep import INTERRUPTED, add_sweep_options, sweep
from playground.cli.table import add_table_options, table
from playground.cli.terminal import (
    check_output_is_written,
    check_outputs,
    interrupts_noted,
    number_option,
    seconds_shown,
)
from playground.engine.compiled import cache
from playground.engine.engine import ENGINES, EngineName
from playground.engine.evaluation import Evaluation
from playground.engine.lanes import cache as lanes
from playground.experiment.paths import with_value
from playground.experiment.quantity import Quantity
from playground.experiment.text import load_experiment
from playground.files.atomic import write_atomically
from playground.files.errors import InputError, MissingError, one_line
from playground.files.places import running_name
from playground.interop.export.exportable import Exportable
from playground.interop.export.formats import (
    FORMATS,
    Format,
    MissingLibraryError,
    NotProvenError,
    UnfinishedError,
    history_csv,
)
from playground.interop.export.formats import export as write_export
from playground.interop.keeping import keep_run, open_store
from playground.interop.opening import Opened, open_source, preset_paths
from playground.interop.weights import load_weights, save_weights
from playground.measure.requests import ConfusionRequest, FinalTestRequest, WholeSetRequest
from playground.measure.sentences import counted
from playground.measure.skew import is_skewed, recalls
from playground.run.ending import ending_words
from playground.run.run import resume
from playground.run.trainer import Trainer

if TYPE_CHECKING:
    from tqdm import tqdm

BAD_INPUT = 2
_whole_number = number_option(Quantity(True, 0))
_MOST_ROWS = 20_000
"""The most epochs of the history that are kept for a picture, if no file needs them all."""
_GO_ON = "To train longer, raise training.early_stopping.patience or switch early stopping off."
_GIF = "gif"
_PARTS = {"train": TRAIN, "validation": VALIDATION, "test": TEST}
_COMPILING = (
    "Preparing the compiled engine, once on this machine: about half a minute (--engine reference starts at once)."
)

_COMPILING_LANES = "Preparing the engine for many networks, once on this machine: about a minute."


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(BAD_INPUT, f"{self.prog}: {message}\n")


def _add_train_options(parser: Parser) -> None:
    _add_training_options(parser, default="the experiment's")
    parser.add_argument("--save-weights", metavar="W.npz", help="write the final weights")
    parser.add_argument("--history", metavar="H.csv", help="write one row per epoch")
    parser.add_argument("--plot", metavar="P.png", help="draw the boundary and the loss")
    add_keep_option(parser, "the run")
    parser.add_argument("--json", action="store_true", help="print the result as one line of JSON, last on stdout")


def _add_training_options(parser: Parser, default: str) -> None:
    """Add the options for experiment, epochs, initial weights and engine.

    `default` describes the default number of epochs in the help.
    """
    add = parser.add_argument
    _add_experiment(parser)
    add("--epochs", type=_whole_number, metavar="N", help=f"how many epochs to train (default: {default})")
    add("--init", metavar="W.npz", help="start from these weights")
    add("--engine", choices=["auto", *ENGINES], default="auto", help="engine to train with")


def _add_experiment(parser: Parser) -> None:
    """Add the argument EXPERIMENT and the option --set."""
    words = "a document, an experiment file, a table, a preset, a link, or run:ID, a kept run"
    parser.add_argument("experiment", metavar="EXPERIMENT", help=words)
    add_set_option(parser)


def add_set_option(parser: argparse.ArgumentParser) -> None:
    """Add the option --set, which changes settings of the experiment."""
    words = "change a setting, such as training.learning_rate=0.1 or layers=8-8; repeatable"
    parser.add_argument("--set", action="append", default=[], metavar="PATH=VALUE", help=words)


def _add_export_options(parser: Parser) -> None:
    _add_training_options(parser, default="the experiment's, else none")
    parser.add_argument(
        "--to", required=True, choices=[*FORMATS, _GIF], metavar="FORMAT", help="one of the formats below"
    )
    parser.add_argument("--out", required=True, metavar="FILE", help="the file to write")
    parser.add_argument("--no-proof", dest="proof", action="store_false", help="write the file without running it")
    words = "export the network even if it is not trained or its training diverged"
    parser.add_argument("--anyway", action="store_true", help=words)


def _format_words(one: Format) -> str:
    needed = " and ".join((*one.to_write, *one.to_prove))
    needs = f", needs {needed}: {one.remedy}" if needed else ""
    return f"  {one.name:<12} {one.title} ({one.suffix}){needs}"


def _add_sweep_options(parser: Parser) -> None:
    _add_experiment(parser)
    add_sweep_options(parser)


def _add_search_options(parser: Parser) -> None:
    _add_experiment(parser)
    add_search_options(parser)


def _presets(_: argparse.Namespace) -> None:
    for name, path in preset_paths().items():
        print(f"{name:<24} {load_experiment(path).name}")


def _train(arguments: argparse.Namespace) -> int:
    outputs = {
        "--save-weights": (arguments.save_weights, ".npz"),
        "--history": (arguments.history, ".csv"),
        "--plot": (arguments.plot, ".png"),
    }
    inputs = {"EXPERIMENT": arguments.experiment, "--init": arguments.init}
    check_outputs(outputs, inputs, uses_stdout=arguments.json)
    found = open_source(arguments.experiment, arguments.set)
    if isinstance(found.experiment.data, Table):
        check_outputs(outputs, {"data.path": found.experiment.data.path})
    epochs = found.experiment.training.epochs if arguments.epochs is None else arguments.epochs
    if epochs is None:
        raise MissingError("--epochs", "give it here or as training.epochs of the experiment")
    rows = None if arguments.history else _MOST_ROWS
    store = open_store() if arguments.keep else None
    done = _train_experiment(found, epochs, arguments, rows)
    trainer, result = done.trainer, _report(done)
    if store is not None:
        result["kept"] = say_kept(store, keep_run(store, trainer.document(), "train"))
    if ending := ending_words(trainer.run):
        print(f"{ending} {_GO_ON}" if trainer.status == "stopped_early" else ending, file=sys.stderr)
    # What took the time is printed first, since writing a file may still fail.
    print(json.dumps(result, allow_nan=False) if arguments.json else _summary(result), flush=True)
    if arguments.save_weights:
        save_weights(arguments.save_weights, trainer.parameters(), trainer.sample.weights_unit)
        _say_weights_unit(trainer)
    if arguments.history:
        write_atomically(Path(arguments.history), history_csv(trainer.snapshot().history).encode())
    if arguments.plot:
        from playground.interop.picture import save_picture

        for note in save_picture(arguments.plot, trainer):
            print(f"--plot: {note}", file=sys.stderr)
    return INTERRUPTED if done.interrupted else 0


class _Trained(NamedTuple):
    """A trainer after training, the time that took, and whether it was interrupted."""

    trainer: Trainer
    total_seconds: float
    interrupted: bool


def _train_experiment(
    found: Opened, epochs: int | None, arguments: argparse.Namespace, rows: int | None = None
) -> _Trained:
    """Train for `epochs` epochs, or none for None. All input is checked before kernels may have to be compiled."""
    initial = None if arguments.init is None else load_weights(arguments.init)
    experiment = found.experiment if epochs is None else with_value(found.experiment, "training.epochs", epochs)
    trainer = Trainer(experiment, initial=initial, engine="reference", history_rows=rows)
    if initial is not None:
        _check_complete(initial, trainer)
    _say_notes(found)
    for note in (*trainer.sample.notes, *_classes_words(trainer)):
        print(note, file=sys.stderr)
    with interrupts_noted() as interrupted:
        trainer.use_engine(_usable_engine(arguments.engine, experiment.precision))
        started = time.perf_counter()
        _train_with_progress(trainer, epochs or 0, interrupted)
        return _Trained(trainer, time.perf_counter() - started, interrupted() and trainer.status == "ready")


def _say_notes(found: Opened) -> None:
    for note in found.notes:
        print(note, file=sys.stderr)


def _say_weights_unit(trainer: Trainer) -> None:
    if trainer.sample.weights_unit:
        print(trainer.sample.weights_unit, file=sys.stderr)


def _classes_words(trainer: Trainer) -> list[str]:
    """A sentence on the number of points in each class of a table; empty for other data."""
    counts = ", ".join(f"{one_line(name, 40)} {count:,}" for name, count in trainer.sample.class_counts.items())
    return [f"Points of each class: {counts}."] if counts and trainer.experiment.data.kind == "table" else []


def _usable_engine(wanted: str, precision: str) -> EngineName:
    """The engine for the whole run; `auto` is the compiled one if it can be loaded, else the reference engine."""
    if wanted == "reference":
        return "reference"
    if wanted == "lanes" and _lanes_load(precision):
        return "lanes"
    compiles = nullcontext() if cache.are_cached(precision) else seconds_shown(_COMPILING)
    try:
        with compiles:
            cache.load_kernels(precision)
    except cache.UnavailableError as error:
        if wanted in ("compiled", "lanes"):
            raise InputError(
                "--engine", wanted, f"reference, since the compiled engine can't be loaded ({error})"
            ) from error
        print(f"The compiled engine can't be loaded ({error}); training on the reference engine.", file=sys.stderr)
        return "reference"
    if cache.unwritable is not None:
        print(f"{cache.unwritable} can't be written to, so the compiled engine is prepared each time.", file=sys.stderr)
    return "compiled"


def _lanes_load(precision: str) -> bool:
    """Whether the engine `lanes` can be loaded; prints the reason if not."""
    compiles = nullcontext() if lanes.are_ready(precision) else seconds_shown(_COMPILING_LANES)
    try:
        with compiles:
            lanes.load_kernels(precision, say=lambda words: print(words, file=sys.stderr))
    except cache.UnavailableError as error:
        print(f"Lanes can't be used ({error}); training on the compiled engine.", file=sys.stderr)
        return False
    return True


def _export(arguments: argparse.Namespace) -> None:
    suffix = ".gif" if arguments.to == _GIF else FORMATS[arguments.to].suffix
    check_outputs({"--out": (arguments.out, suffix)}, {"EXPERIMENT": arguments.experiment, "--init": arguments.init})
    if arguments.to == _GIF:
        _export_animation(arguments)
        return
    chosen = FORMATS[arguments.to]
    if missing := chosen.missing(proof=arguments.proof):
        raise MissingLibraryError(chosen, missing)
    trainer = _trainer_to_export(arguments)
    exportable = Exportable.of(trainer)
    proof = write_export(chosen, exportable, arguments.out, proof=arguments.proof, anyway=arguments.anyway)
    print(f"Wrote {arguments.out} after {counted(trainer.state.epoch, 'epoch')}.")
    if chosen.name == "weights":
        _say_weights_unit(trainer)
    if proof is not None:
        print(proof.words)


def _export_animation(arguments: argparse.Namespace) -> None:
    from playground.interop.animation import AnimationSettings, save_animation

    found = open_source(arguments.experiment, arguments.set)
    _say_notes(found)
    experiment, document = found.experiment, found.document
    trained = document.present.state.epoch if document is not None else None
    epochs = next((n for n in (arguments.epochs, trained, experiment.training.epochs) if n), AnimationSettings().epochs)
    initial = load_weights(arguments.init) if arguments.init is not None else None
    if document is not None and initial is None:
        initial = Trainer.of(resume(document), "reference").usable_initial()
    engine = _usable_engine(arguments.engine, experiment.precision)
    with _progress_bar("frame") as bar:

        def show(done: int, of: int) -> None:
            bar.total = of
            bar.update(done - bar.n)

        made = save_animation(arguments.out, experiment, epochs, initial=initial, engine=engine, progress=show)
    assert made is not None
    print(f"Wrote {arguments.out}: {made.frames} frames up to epoch {made.epoch:,}.")


def _trainer_to_export(arguments: argparse.Namespace) -> Trainer:
    """The trainer to export: that of a document itself, unless the arguments ask for another training."""
    found = open_source(arguments.experiment, arguments.set)
    if found.document is not None and arguments.epochs is None and arguments.init is None:
        _say_notes(found)
        return Trainer.of(resume(found.document), "reference")
    epochs = found.experiment.training.epochs if arguments.epochs is None else arguments.epochs
    if not (epochs or arguments.init or arguments.anyway) and FORMATS[arguments.to].is_network:
        raise MissingError("--epochs", "without training, only --anyway exports the network")
    done = _train_experiment(found, epochs, arguments)
    if done.interrupted:
        raise KeyboardInterrupt
    return done.trainer


def _add_bench_options(parser: Parser) -> None:
    from playground.cli.bench import add_options

    add_options(parser)


def _bench(arguments: argparse.Namespace) -> None:
    from playground.cli.bench import run_bench

    check_outputs({"--json": (arguments.json, ".json")}, {})
    run_bench(arguments)


def _check_complete(initial: Mapping[str, Array], trainer: Trainer) -> None:
    """Raise InputError for initial weights that lack a W or b; normalization may keep its defaults."""
    for name in trainer.parameters():
        if name[:1] in ("W", "b") and name[1:].isdigit() and name not in initial:
            raise MissingError(f"--init: {name}", "initial weights need the weights and biases of every layer")


def _train_with_progress(trainer: Trainer, epochs: int, interrupted: Callable[[], bool]) -> None:
    with _progress_bar("epoch", epochs) as bar:
        while trainer.status == "ready" and trainer.state.epoch < epochs and not interrupted():
            trainer.advance(seconds=0.1)
            bar.update(trainer.state.epoch - bar.n)
    # Sets the status, even if there was nothing to train.
    trainer.advance(steps=0)


def _progress_bar(unit: str, total: int | None = None) -> tqdm[NoReturn]:
    """A progress bar, which is shown only on a terminal."""
    from tqdm import tqdm

    # tqdm's monitor is a thread that would outlive the bar.
    tqdm.monitor_interval = 0
    return tqdm(total=total, unit=unit, disable=not sys.stderr.isatty(), leave=False)


def _report(done: _Trained) -> dict[str, Any]:
    trainer, sample = done.trainer, done.trainer.sample
    evaluation, test = trainer.evaluate(), FinalTestRequest().answer(trainer)
    ending = ending_words(trainer.run)
    shown = ("units", "activation", "gradient_rms", "delta_rms", "weight_rms", "dead")
    return {
        "epoch": trainer.state.epoch,
        "step": trainer.state.step,
        "status": "interrupted" if done.interrupted else trainer.status,
        **{name: _finite_or_none(getattr(evaluation, name)) for name in Evaluation._fields},
        "seconds": trainer.seconds,
        "total_seconds": done.total_seconds,
        "engine": trainer.engine,
        "fallbacks": list(trainer.fallbacks),
        "layers": [
            {name: _finite_or_none(getattr(layer, name)) for name in shown}
            for layer in WholeSetRequest().answer(trainer)
        ],
        "task": sample.task,
        "points": {name: int((sample.split == part).sum()) for name, part in _PARTS.items()},
        **({} if test is None else {"test_loss": _finite_or_none(test.loss), "test_accuracy": test.accuracy}),
        **_data_report(trainer),
        **_recall_report(trainer),
        **({"loss_unit": sample.loss_unit} if sample.loss_unit else {}),
        **({"problem": trainer.run.record.problem} if trainer.run.record.problem else {}),
        **({"ending": ending} if ending else {}),
    }


def _recall_report(trainer: Trainer) -> dict[str, Any]:
    """The recall of each class, if classes are so uneven that accuracy says little; else empty. It is that of the
    validation points or, if there are none, of the training points."""
    counts = ConfusionRequest().answer(trainer) if is_skewed(trainer.sample) else None
    if counts is None:
        return {}
    return {"recall": dict(zip(trainer.sample.class_names, recalls(counts.telling), strict=False))}


def _data_report(trainer: Trainer) -> dict[str, Any]:
    """Notes on the points; for a table also the numbers of used rows, dropped rows, and points in each class."""
    data, sample = trainer.experiment.data, trainer.sample
    notes = {"notes": list(sample.notes)}
    if not isinstance(data, Table):
        return notes if sample.notes else {}
    dropped = sum(len(dropped.lines) for dropped in data.rows.dropped)
    return {"used": len(sample.x), "dropped": dropped, "classes": sample.class_counts, **notes}


def _finite_or_none(value: Any) -> Any:
    """The value, or None for NaN and infinity, which JSON lacks."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _summary(result: dict[str, Any]) -> str:
    updates = f"{counted(result['epoch'], 'epoch')}, {counted(result['step'], 'step')}"
    lines = [f"{result['status']} after {updates}, {result['seconds']:.2f} s"]
    metric = "R²" if result["task"] == "regression" else "accuracy"
    for name in _PARTS:
        loss, score = result.get(f"{name}_loss"), result.get(f"{name}_accuracy")
        if loss is not None:
            lines.append(f"{name:<10} loss {loss:.6g}" + ("" if score is None else f"  {metric} {score:.4f}"))
    lines += [result[name] for name in ("problem", "loss_unit") if name in result]
    points = ", ".join(f"{count:,} {name}" for name, count in result["points"].items() if count)
    scores = [(name, result.get(f"{name}_accuracy")) for name in _PARTS]
    said = ", ".join(f"{score:.4f} {name}" for name, score in scores if score is not None)
    ending = f"{metric} {said}" if said else f"no {metric}"
    if "recall" in result:
        told = {
            one_line(name, 40): "–" if value is None else f"{value:.4f}" for name, value in result["recall"].items()
        }
        ending += f"; recall {', '.join(f'{name} {value}' for name, value in told.items())}"
    return "\n".join([*lines, f"{result['task']}, points: {points}; engine: {result['engine']}; {ending}"])


class Command(NamedTuple):
    """A command of the command line."""

    description: str
    add_options: Callable[[Parser], object]
    run: Callable[[argparse.Namespace], int | None]
    """The function that runs the command and returns its exit code, None for 0."""
    epilog: str = ""
    """The text below the options in the help."""


COMMANDS = {
    "train": Command("Train an experiment from its initial weights and report the result.", _add_train_options, _train),
    "presets": Command("List the presets, one per line, name first.", lambda _: None, _presets),
    "table": Command("Show how a table is read and what is ambiguous in it.", add_table_options, table),
    "sweep": Command(
        "Train an experiment with every combination of the given values, from one or more seeds.",
        _add_sweep_options,
        sweep,
        "example:\n  sweep spiral --vary training.learning_rate=0.001..1:16:log --vary layers=4,8-8 --seeds 5 "
        "--epochs 200 --out results.csv",
    ),
    "search": Command(
        "Search for good settings: try many, give up on poor ones early, and judge the best on the test "
        "share. Needs the extra `search`.",
        _add_search_options,
        run_search,
        "example:\n  search spiral --over training.learning_rate=0.0001..1:log --over layers=4,8-8,8-8-8 "
        "--trials 200 --epochs 200 --out best.json",
    ),
    "runs": Command("List kept runs, and look after them.", add_runs_options, runs, EXAMPLES),
    "bench": Command("Compare the speed of the engines, or measure how their cost grows.", _add_bench_options, _bench),
    "export": Command(
        "Train an experiment and export the network, or its data, for other programs.\n"
        "Scripts and models are proven: each is run and must predict what the engine predicts.",
        _add_export_options,
        _export,
        "\n".join(
            [
                "formats:",
                *map(_format_words, FORMATS.values()),
                f"  {_GIF:<12} Training from its start, as an animation (.gif)",
            ]
        ),
    ),
    "describe": Command("Describe the settings of an experiment and their choices.", add_describe_options, describe),
    "remove-files": Command(
        "List the files that the program keeps for itself, and remove them.", add_remove_options, remove_files
    ),
}


def parser_of(name: str) -> Parser:
    """The parser of a command's arguments."""
    command = COMMANDS[name]
    parser = Parser(f"{running_name()} {name}", description=command.description, epilog=command.epilog)
    if command.epilog:
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
    command.add_options(parser)
    return parser


def main(argv: Sequence[str]) -> int:
    """Run the command that argv[0] names; returns the exit code."""
    name, code = argv[0], 1
    try:
        ended = COMMANDS[name].run(parser_of(name).parse_args(argv[1:])) or 0
        check_output_is_written()
        return ended
    except (InputError, MissingLibraryError) as error:
        words, code = str(error), BAD_INPUT
    except UnfinishedError as error:
        words = f"{error} Nothing was written; --anyway exports it regardless."
    except NotProvenError as error:
        words = str(error)
    except OSError as error:
        words = f"{error.filename or 'file'}: {error.strerror or error}"
    except KeyboardInterrupt:
        return INTERRUPTED
    print(f"{running_name()} {name}: {words}", file=sys.stderr)
    return code
