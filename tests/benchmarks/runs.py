"""How long it takes to list, filter, sort, compare and rebuild kept runs: 10,000 of them by default.

    python tests/benchmarks/runs.py [--runs N] [--rebuild]

The runs are copies of a few documents under other ids, with other settings in the index, so that making them is quick.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np

from playground import Experiment, Trainer
from playground.experiment.flattening import flatten
from playground.experiment.rules import check
from playground.interop.opening import load_preset, preset_paths
from playground.storage.document import document_bytes
from playground.storage.runs.files import stamp_of
from playground.storage.runs.index import Entry
from playground.storage.runs.kept import DOCUMENT, NOTE, KeptRun, Note, RunOutcome
from playground.storage.runs.query import filter_runs
from playground.storage.runs.store import RunStore


def variants(number: int) -> list[Experiment]:
    """So many experiments: presets with other rates, seeds, layers and batches."""
    random = np.random.default_rng(0)
    presets = [check(load_preset(name)) for name in preset_paths()]
    return [
        presets[int(random.integers(len(presets)))].with_(
            {
                "training.learning_rate": float(f"{10 ** random.uniform(-4, 0):.3g}"),
                "training.batch_size": int(random.choice([1, 10, 32, 100])),
                "seed": int(random.integers(1000)),
                "layers": str(random.choice(["4", "8-8", "8-8-8", "16-16"])),
            }
        )
        for _ in range(number)
    ]


def fill(store: RunStore, number: int) -> None:
    """Put runs into a store."""
    trainer = Trainer(load_preset("circle"), engine="reference")
    trainer.advance(epochs=100)
    content = document_bytes(trainer.document().named())
    entries = []
    for place, experiment in enumerate(variants(number)):
        id = f"20260101-000000-{place:06x}"
        note = Note(experiment.name or experiment.data.label, time=1e9 + place, origin="window")
        (store.folder / f"{id}{NOTE}").write_bytes(msgspec.json.encode(note))
        (store.folder / f"{id}{DOCUMENT}").write_bytes(content)
        loss = 1 / (1 + place % 97)
        outcome = RunOutcome("ready", 100, 1600, 0.5, "compiled", "classification", 0, loss, loss, 0.9, 0.9)
        stamp = stamp_of([store.folder / f"{id}{DOCUMENT}", store.folder / f"{id}{NOTE}"])
        entries.append(Entry(KeptRun(id, "run", "", note, outcome, 0, len(content)), flatten(experiment), stamp))
    store._indexed(lambda index: index.put(entries))


def timed(words: str, work: Callable[[], object], times: int = 7) -> None:
    """Print the median and the longest time of some work."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(1000 * (time.perf_counter() - began))
    print(f"{words:<44} {statistics.median(taken):8.1f} ms, at most {max(taken):.1f}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--rebuild", action="store_true", help="also make the index again from the documents")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = RunStore(Path(folder))
        fill(store, arguments.runs)
        store.close()
        size = (Path(folder) / "index.sqlite3").stat().st_size
        print(f"{arguments.runs:,} runs, index of {size / 1e6:.1f} MB")

        def open_store() -> None:
            again = RunStore(Path(folder))
            table = again.table()
            table.differing(table.top)
            again.close()

        timed("open, with what differs", open_store)
        table = store.table()
        timed("what differs among all", lambda: table.differing(table.top))
        for text in ("tanh", "learning_rate > 0.01", "units >= 16 -spiral", "loss < 0.1 batch size = 32"):
            filter_runs(table, table.top, text)
            timed(f"filter: {text}", lambda text=text: filter_runs(table, table.top, text))
        timed("sort by learning rate", lambda: table.ordered(table.top, "training.learning_rate"))
        timed("sort by validation loss", lambda: table.ordered(table.top, "validation_loss"))
        timed("group by batch size", lambda: table.grouped(table.top, table.top, "training.batch_size"))
        timed("reconcile, with nothing to do", store.reconcile, 3)
        if arguments.rebuild:
            store.close()
            (Path(folder) / "index.sqlite3").unlink()
            timed("make the index again", lambda: RunStore(Path(folder)).table(), 1)


if __name__ == "__main__":
    main()
