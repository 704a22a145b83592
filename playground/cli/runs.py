"""`runs`: lists kept runs and only what differs among them, and names, stars, exports and deletes them."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playground.catalog.choice import Array
from playground.cli.terminal import check_outputs
from playground.experiment.words import comparison_words
from playground.files.atomic import write_atomically
from playground.files.errors import InputError, one_line
from playground.files.progress import watch_progress
from playground.interop.keeping import open_store
from playground.interop.opening import RUN_PREFIX
from playground.measure.metrics import METRICS
from playground.measure.sentences import counted
from playground.storage.runs.kept import KeptRun
from playground.storage.runs.query import filter_runs
from playground.storage.runs.store import Kept, RunStore
from playground.storage.runs.table import ABSENT, FACTS, Mean, RunTable
from playground.storage.runs.words import (
    heading_words,
    meaning_words,
    room_words,
    setting_words,
    size_words,
    status_words,
    time_words,
)

_WIDEST = 24
_LISTED = 50
"""Runs that are listed where no number is asked for."""
EXAMPLES = f"""examples:
  runs                                    the latest runs, with only what differs among them
  runs spiral 'learning_rate > 0.01'      those for which all of this holds
  runs --group-by training.optimizer      means over runs, with deviation and n
  runs --show a3f9c1                      one run; `latest` is the last one
  runs --compare a3f9c1 latest            how one run differs from another
  train {RUN_PREFIX}a3f9c1 --epochs 100          everything that takes an experiment takes a kept run
The window keeps every run that trained when it is left; `train`, `sweep` and `search` do with --keep. Kept runs are
documents with their points, so own tables are in them."""


def add_keep_option(parser: argparse.ArgumentParser, what: str) -> None:
    """Add the option --keep."""
    parser.add_argument("--keep", action="store_true", help=f"keep {what} in the store that `runs` lists")


def say_kept(store: RunStore, kept: Kept) -> str:
    """Say on stderr that something was kept, and what had to go for it; return its id. Closes the store."""
    print(f"Kept as {kept.run.short_id} ({RUN_PREFIX}{kept.run.short_id}).", file=sys.stderr)
    for words in room_words(kept, store.size, store.limit):
        print(words, file=sys.stderr)
    store.close()
    return kept.run.id


def add_runs_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `runs`."""
    add = parser.add_argument
    add("filter", nargs="*", metavar="FILTER", help="words and conditions, such as tanh or 'learning_rate > 0.01'")
    add("--sort", metavar="PATH", help="sort by a setting or an outcome; -PATH: the highest first (default: -time)")
    add("--limit", type=int, default=_LISTED, metavar="N", help=f"list at most N runs, 0 for all (default: {_LISTED})")
    add("--group", metavar="ID", help="list the training runs of a sweep or a search")
    add("--group-by", metavar="PATH", help="print means over the runs with each value of a setting")
    act = parser.add_mutually_exclusive_group()
    act.add_argument("--show", metavar="ID", help="print everything about one run")
    act.add_argument("--compare", nargs=2, metavar="ID", help="print how the second run differs from the first")
    act.add_argument("--star", nargs="+", metavar="ID", help="give runs a star, so that they are never removed")
    act.add_argument("--unstar", nargs="+", metavar="ID", help="take the star away")
    act.add_argument("--name", nargs=2, metavar=("ID", "NAME"), help="name a run")
    act.add_argument("--note", nargs=2, metavar=("ID", "TEXT"), help="write a note on a run")
    act.add_argument("--export", nargs=2, metavar=("ID", "FILE"), help="copy a run to a document of its own")
    act.add_argument("--delete", nargs="+", metavar="ID", help="delete runs for good")
    act.add_argument("--forget-all", action="store_true", help="delete all runs for good, with their stars")
    act.add_argument("--rebuild", action="store_true", help="make the index again from the documents")
    add("--json", action="store_true", help="print one line of JSON")


def runs(arguments: argparse.Namespace) -> None:
    """Run the command."""
    if arguments.export:
        check_outputs({"--export": (arguments.export[1], ".playground")}, {})
    store = open_store()
    try:
        with watch_progress(lambda done, of: None):
            if arguments.rebuild:
                store.rebuild()
            else:
                store.reconcile()
        if not _acted(store, arguments):
            _list(store, arguments)
    finally:
        store.close()


def _acted(store: RunStore, arguments: argparse.Namespace) -> bool:
    """Do what was asked for besides listing; return whether anything was."""
    if arguments.show:
        _show(store, store.find(arguments.show), as_json=arguments.json)
    elif arguments.compare:
        one, other = (store.experiment(store.find(words).id) for words in arguments.compare)
        words = comparison_words(one, other) or "no setting differs"
        print(json.dumps({"differences": words}) if arguments.json else words)
    elif arguments.star or arguments.unstar:
        for run in [store.find(words) for words in arguments.star or arguments.unstar]:
            store.annotate(run.id, star=bool(arguments.star))
    elif arguments.name:
        store.annotate(store.find(arguments.name[0]).id, name=arguments.name[1])
    elif arguments.note:
        store.annotate(store.find(arguments.note[0]).id, text=arguments.note[1])
    elif arguments.export:
        run = store.find(arguments.export[0])
        if run.kind != "run":
            raise InputError("--export", arguments.export[0], "a run; a sweep or a search has no document")
        write_atomically(Path(arguments.export[1]), store.path_of(run.id).read_bytes())
        print(f"Wrote {arguments.export[1]}.")
    elif arguments.delete:
        found = [store.find(words).id for words in arguments.delete]
        store.delete(found)
        store.purge(found)
        print(f"Deleted {counted(len(found), 'run')}.")
    elif arguments.forget_all:
        number = len(store.table().top)
        store.forget_all()
        print(f"Deleted {counted(number, 'run')}.")
    else:
        return False
    return True


# One run --------------------------------------------------------------------------------------------------------


def _report(run: KeptRun) -> dict[str, Any]:
    note, outcome = run.note, run.outcome
    return {
        "id": run.id,
        "kind": run.kind,
        "title": run.title,
        "name": note.name,
        "note": note.text,
        "star": note.star,
        "time": note.time,
        "origin": note.origin,
        **outcome._asdict(),
        **({"trainings": run.members} if run.kind == "group" else {}),
        **({"fault": run.fault} if run.fault else {}),
        "bytes": run.bytes,
    }


def _show(store: RunStore, run: KeptRun, *, as_json: bool) -> None:
    table = store.table()
    place = table.place_of(run.id)
    settings = {} if place is None else {path: table.value(place, path) for path in table.paths}
    settings = {path: value for path, value in settings.items() if value is not ABSENT and path != "shape"}
    if as_json:
        print(json.dumps({**_report(run), "settings": settings, "path": str(store.path_of(run.id))}, allow_nan=False))
        return
    for name, value in _report(run).items():
        if value not in ("", None, False) or name in METRICS:
            print(f"{name:<20} {time_words(run) if name == 'time' else '–' if value is None else value}")
    print(f"{'path':<20} {store.path_of(run.id)}")
    for path, value in settings.items():
        print(f"  {path:<38} {setting_words(path, value)}")


# Many runs ------------------------------------------------------------------------------------------------------


def _list(store: RunStore, arguments: argparse.Namespace) -> None:
    table = store.table()
    among = table.members(store.find(arguments.group).id) if arguments.group else table.top
    found = filter_runs(table, among, " ".join(arguments.filter))
    if found.problem:
        raise InputError("FILTER", " ".join(arguments.filter), f"a filter: {found.problem}")
    key = (arguments.sort or "-time").removeprefix("-")
    if key not in (*FACTS, *table.paths):
        raise InputError("--sort", key, f"a path of an experiment, or one of {', '.join(FACTS)}")
    places = table.ordered(found.places, key, descending=(arguments.sort or "-time").startswith("-"))
    if arguments.group_by:
        _print_means(table, places, among, arguments)
        return
    shown = places[: arguments.limit] if arguments.limit > 0 else places
    differing = table.differing(shown)
    if arguments.json:
        rows = [
            {**_report(table.runs[place]), "settings": {path: _or_none(table.value(place, path)) for path in differing}}
            for place in shown.tolist()
        ]
        report = {"runs": rows, "found": len(places), "of": len(among), "differing": differing}
        print(json.dumps({**report, "bytes": store.size, "limit": store.limit}, allow_nan=False))
        return
    _print_rows(_rows(table, shown, differing))
    more = len(places) - len(shown)
    told = (
        f"{len(places):,} of {counted(len(among), 'run')}" if len(places) < len(among) else counted(len(places), "run")
    )
    print(f"{told}{f', {more:,} not listed (--limit 0 lists all)' if more else ''}; "
          f"{size_words(store.size)} of {size_words(store.limit)}")  # fmt: skip


def _or_none(value: Any) -> Any:
    return None if value is ABSENT else value


def _rows(table: RunTable, places: Array, differing: Sequence[str]) -> list[list[str]]:
    heads = ["id", "", "kept", "name", *(heading_words(table, path) for path in differing)]
    rows = [[*heads, "epochs", "loss", "validation", "accuracy", "status"]]
    for place in places.tolist():
        run = table.runs[place]
        outcome = run.outcome
        accuracy = outcome.train_accuracy if outcome.validation_accuracy is None else outcome.validation_accuracy
        numbers = (outcome.train_loss, outcome.validation_loss, accuracy)
        values = (setting_words(path, table.value(place, path)) for path in differing)
        cells = [run.short_id, "*" if run.note.star else "", time_words(run), run.title, *values]
        rows.append(
            [*cells, f"{outcome.epoch:,}", *map(_number, numbers), "damaged" if run.fault else status_words(run)]
        )
    return rows


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


def _print_rows(rows: Sequence[Sequence[str]]) -> None:
    cut = [[one_line(cell, _WIDEST) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cut, strict=True)]
    for row in cut:
        print("  ".join(map(str.ljust, row, widths)).rstrip())


def _print_means(table: RunTable, places: Array, among: Array, arguments: argparse.Namespace) -> None:
    """Print means over the runs with each value of a setting, and of how many of them."""
    path = arguments.group_by
    if path not in table.paths:
        raise InputError("--group-by", path, "a path of an experiment that a kept run has")
    groups = table.grouped(places, among, path)
    meanings = meaning_words(groups)
    if arguments.json:
        reports = [
            {
                "value": _or_none(group.value),
                **({"data": meanings[number]} if meanings else {}),
                "n": len(group.places),
                "of": group.of,
                "diverged": group.diverged,
                **{name: None if mean is None else mean._asdict() for name, mean in group.means.items()},
            }
            for number, group in enumerate(groups)
        ]
        print(json.dumps({"group_by": path, "groups": reports}, allow_nan=False))
        return
    print("Means ± standard deviation (n runs); diverged runs are left out.")
    data = ["data and loss"] if meanings else []
    rows = [[heading_words(table, path), *data, "runs", *(name.replace("_", " ") for name in METRICS)]]
    for number, group in enumerate(groups):
        runs = f"{len(group.places)} of {group.of}" if len(group.places) < group.of else f"{group.of}"
        runs += f", {group.diverged} diverged" if group.diverged else ""
        said = meanings[number : number + 1]
        rows.append([setting_words(path, group.value), *said, runs, *(_mean(group.means[name]) for name in METRICS)])
    _print_rows(rows)


def _mean(mean: Mean | None) -> str:
    if mean is None:
        return "–"
    spread = "" if mean.deviation is None else f" ± {mean.deviation:.2g}"
    return f"{mean.mean:.4g}{spread} ({mean.n})"
