"""The store of runs: what is kept comes back, whatever fails or is killed, and the index is only ever a copy."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from playground import Document, Experiment, InputError, Layer, Trainer, Training, UserPoints
from playground.experiment.difference import difference
from playground.files import atomic
from playground.run.run import resume
from playground.storage.document import document_bytes
from playground.storage.runs import files
from playground.storage.runs.index import Entry, Index
from playground.storage.runs.kept import DOCUMENT, NOTE, GroupMember, KeptGroup, KeptRun
from playground.storage.runs.query import filter_runs
from playground.storage.runs.store import FullError, RunStore
from playground.storage.runs.table import ABSENT, RunTable

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("KILLS", "3"))
"""How many times a process is killed while it keeps runs; `make kill` does so 500 times."""


def trained(experiment: Experiment, epochs: int = 2) -> Document:
    trainer = Trainer(experiment, engine="reference")
    trainer.advance(epochs=epochs)
    return trainer.document()


SMALL = Experiment(name="Circle", layers=(Layer(units=3),), training=Training(batch_size=0)).with_({"data.points": 40})
DOCUMENT_OF_SMALL = trained(SMALL)


def variant(**values: Any) -> Document:
    return trained(SMALL.with_({path.replace("__", "."): value for path, value in values.items()}))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    store = RunStore(tmp_path / "runs")
    yield store
    store.close()


def runs_of(store: RunStore) -> list[KeptRun]:
    return store.table().runs


def ids(store: RunStore) -> set[str]:
    return {run.id for run in runs_of(store)}


# Keeping --------------------------------------------------------------------------------------------------------


def test_a_kept_run_comes_back_exactly_as_it_was(store: RunStore) -> None:
    kept = store.keep(DOCUMENT_OF_SMALL, "Circle", origin="window", picture=b"PNG").run
    document, was = store.document(kept.id), DOCUMENT_OF_SMALL.named()
    assert document_bytes(document) == document_bytes(was)
    gone_on, other = Trainer.of(resume(document)), Trainer.of(resume(was))
    for trainer in (gone_on, other):
        trainer.advance(epochs=2)
    assert (gone_on.state.parameters == other.state.parameters).all()
    outcome, evaluation = kept.outcome, DOCUMENT_OF_SMALL.evaluation
    assert (outcome.epoch, outcome.status, outcome.engine, outcome.task) == (2, "ready", "reference", "classification")
    assert [outcome[-4:]] == [tuple(evaluation)]
    assert (kept.title, kept.note.origin, store.picture(kept.id)) == ("Circle", "window", b"PNG")
    assert store.find(kept.short_id) == store.find("latest") == kept


def test_a_run_that_came_farther_replaces_its_former_self_and_keeps_its_star(store: RunStore) -> None:
    first = store.keep(DOCUMENT_OF_SMALL, "Circle").run
    store.annotate(first.id, name="Best", text="try more", star=True)
    second = store.keep(trained(SMALL, 5), "Circle", replaces=first.id).run
    assert [run.outcome.epoch for run in runs_of(store)] == [5]
    assert second.id == first.id and (second.title, second.note.text, second.note.star) == ("Best", "try more", True)


def test_own_points_are_in_the_document_and_only_their_fingerprint_in_the_index(store: RunStore) -> None:
    x = np.random.default_rng(0).uniform(-5, 5, (300, 2))
    experiment = SMALL.with_(data=UserPoints.of(x, x[:, 0] > 0))
    one, same = (store.keep(trained(experiment), "mine").run for _ in range(2))
    other = store.keep(trained(experiment.with_({"data": UserPoints.of(-x, x[:, 0] > 0)})), "mine").run
    table = store.table()
    places = [table.place_of(run.id) for run in (one, same, other)]
    assert table.differing(places[:2]) == []
    assert table.differing(places) == ["data.x1", "data.x2"]
    assert store.document(one.id).experiment.data == experiment.data


def test_deleted_runs_come_back_until_they_are_purged(store: RunStore, tmp_path: Path) -> None:
    one, other = (store.keep(variant(seed=seed), "Circle", picture=b"PNG").run for seed in (1, 2))
    store.annotate(one.id, star=True)
    store.delete([one.id])
    assert ids(store) == {other.id}
    store.restore([one.id])
    assert ids(store) == {one.id, other.id} and store.picture(one.id) == b"PNG"
    assert store.find(one.id).note.star
    store.delete([one.id])
    store.purge([one.id])
    store.restore([one.id])
    assert ids(store) == {other.id}
    assert not [path for path in (tmp_path / "runs").rglob("*") if one.id in path.name]


def test_forgetting_all_leaves_nothing_that_could_be_read(store: RunStore, tmp_path: Path) -> None:
    secret = SMALL.with_({"name": "Wages of 2026"})
    store.annotate(store.keep(trained(secret), "Wages of 2026").run.id, star=True)
    store.delete([store.keep(trained(secret), "Wages of 2026").run.id])
    store.forget_all()
    assert runs_of(store) == [] and store.size == 0
    left = {path: path.read_bytes() for path in (tmp_path / "runs").rglob("*") if path.is_file()}
    assert all(b"Wages" not in content for content in left.values())
    assert {path.suffix for path in left} <= {".sqlite3", ".sqlite3-wal", ".sqlite3-shm", ".lock"}


def test_a_group_is_one_run_with_its_trainings_below_it(store: RunStore) -> None:
    trainings = tuple(
        GroupMember({"training.learning_rate": rate}, seed, "completed", 10, 0.5, 0.1 * rate + 0.01 * seed, 0.9, 0.8)
        for rate in (0.1, 1.0)
        for seed in range(3)
    )
    refused = GroupMember({"layers": "0"}, 0, "refused")
    kept = store.keep_group(
        KeptGroup.of(SMALL, (*trainings, refused), "classification", 7), "Sweep", picture=b"PNG"
    ).run
    table = store.table()
    assert [run.id for run in runs_of(store) if not run.parent] == [kept.id]
    assert (kept.kind, kept.members, kept.outcome.validation_loss) == ("group", 7, pytest.approx(0.01))
    members = table.members(kept.id)
    assert len(members) == 6 and table.differing(members) == ["training.learning_rate", "seed"]
    assert store.experiment(table.runs[members[-1]].id).training.learning_rate in (0.1, 1.0)
    low, high = table.grouped(members[table.column("seed")[members] >= 0][:4], members, "training.learning_rate")
    assert (low.value, low.of, high.of) == (0.1, 3, 3) and len(low.places) + len(high.places) == 4
    whole = table.grouped(members, members, "training.learning_rate")[0].means["validation_loss"]
    assert whole is not None and (whole.n, whole.mean) == (3, pytest.approx(0.02))
    assert whole.deviation == pytest.approx(np.std([0.01, 0.02, 0.03], ddof=1))
    store.delete([kept.id])
    assert ids(store) == set()
    store.restore([kept.id])
    assert len(ids(store)) == 7


def test_old_runs_go_only_once_it_was_said_and_never_those_with_a_star(tmp_path: Path) -> None:
    size = len(document_bytes(DOCUMENT_OF_SMALL.named())) + 100
    store = RunStore(tmp_path, limit=4 * size)
    kept = [store.keep(DOCUMENT_OF_SMALL, str(number)) for number in range(3)]
    store.annotate(kept[0].run.id, star=True)
    assert not any(one.nearly_full or one.removed for one in kept)
    said = store.keep(DOCUMENT_OF_SMALL, "3")
    assert said.nearly_full and not said.removed
    after = store.keep(DOCUMENT_OF_SMALL, "4")
    assert [run.id for run in after.removed] == [kept[1].run.id] and not after.nearly_full
    assert store.size <= store.limit
    for run in runs_of(store):
        store.annotate(run.id, star=True)
    with pytest.raises(FullError, match="runs with a star fill"):
        store.keep(DOCUMENT_OF_SMALL, "5")
    assert len(runs_of(store)) == 4
    store.close()


# What differs, filters, order -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunTable]:
    store = RunStore(tmp_path_factory.mktemp("several"))
    variants: list[dict[str, Any]] = [
        {"training__learning_rate": 0.3},
        {"training__optimizer": "sgd", "training__learning_rate": 0.03},
        {"layers": "8-8"},
        {"data": "spiral", "data__points": 30},
        {"training__early_stopping.patience": 3},
    ]
    for number, values in enumerate(variants):
        run = store.keep(variant(**values), values.get("data", "circle")).run
        if number == 1:
            store.annotate(run.id, star=True, text="Compare with Adam")
    yield store.table()
    store.close()


def test_only_what_differs_is_what_the_differences_say(several: RunTable) -> None:
    documents = [
        SMALL.with_({"training.learning_rate": 0.3}),
        SMALL.with_({"training.optimizer": "sgd", "training.learning_rate": 0.03}),
    ]
    first, second = len(several) - 1, len(several) - 2
    found = several.differing([first, second])
    assert sorted(found) == sorted(one.path for one in difference(*documents))
    assert found[0] == "training.learning_rate", "what people look for stands first"
    assert several.differing([first]) == []
    assert several.value(first, "training.optimizer") == "adam"
    assert several.value(first, "training.early_stopping.patience") is ABSENT
    assert several.value(2, "layers") == "8-8"


FILTERS = {
    "": 5,
    "sgd": 1,
    "-sgd": 4,
    "learning_rate > 0.02": 2,
    "learning rate>0.02 -sgd": 1,
    "training.learning_rate <= 0.01": 3,
    "layers=8-8": 1,
    "units = 8": 1,
    "early_stopping = on": 1,
    "patience<5": 1,
    "data = spiral": 1,
    "epochs >= 2": 5,
    "loss < 0": 0,
    "starred": 1,
    "star = no": 4,
    '"with adam"': 1,
    "status = ready optimizer=adam": 4,
    "optimizer != adam": 1,
    "features = x1, x2": 5,
}


@pytest.mark.parametrize("text", FILTERS)
def test_filters_find_any_setting_and_outcome(several: RunTable, text: str) -> None:
    found = filter_runs(several, several.top, text)
    assert (len(found.places), found.problem) == (FILTERS[text], "")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("learning_rate >", "what?"),
        ("lerning_rate > 1 sgd", "No setting is called lerning_rate"),
        ("loss < x", "number"),
    ],
)
def test_what_is_no_filter_yet_is_said_and_the_rest_counts(several: RunTable, text: str, problem: str) -> None:
    found = filter_runs(several, several.top, text)
    assert problem in found.problem and len(found.places) == (1 if "sgd" in text else 5)


def test_runs_are_ordered_by_settings_and_outcomes_with_missing_ones_last(several: RunTable) -> None:
    def values(key: str, *, descending: bool) -> list[Any]:
        order = several.ordered(several.top, key, descending=descending)
        return [several.value(int(place), key) for place in order]

    assert values("training.learning_rate", descending=True)[:2] == [0.3, 0.03]
    assert values("training.early_stopping.patience", descending=True)[0] == 3
    losses = several.numbers("train_loss")[several.ordered(several.top, "train_loss")]
    assert (np.diff(losses) >= 0).all()


# Faults ---------------------------------------------------------------------------------------------------------


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[100:2000] = os.urandom(1900)
    path.write_bytes(bytes(content))


def make_old(path: Path) -> None:
    """Turn an index into one of an earlier version, which had another column."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 1")
        database.execute("ALTER TABLE runs ADD COLUMN status")


def test_a_damaged_or_old_index_is_made_again(store: RunStore, tmp_path: Path) -> None:
    kept = [store.keep(variant(seed=seed), "Circle").run for seed in range(3)]
    store.annotate(kept[0].id, name="Mine", star=True)
    before = runs_of(store)
    for spoil in (damage, lambda path: path.write_bytes(b"no database at all"), Path.unlink, make_old):
        store.close()
        for suffix in ("-wal", "-shm"):
            Path(f"{tmp_path / 'runs' / 'index.sqlite3'}{suffix}").unlink(missing_ok=True)
        spoil(tmp_path / "runs" / "index.sqlite3")
        assert runs_of(store) == before
    store.keep(DOCUMENT_OF_SMALL, "Circle")
    store.close()
    assert len(runs_of(store)) == 4, "the index was rebuilt in its file, not in memory"


def test_an_index_that_another_store_has_open_is_rebuilt_from_the_files(store: RunStore, tmp_path: Path) -> None:
    run, second = store.keep(DOCUMENT_OF_SMALL, "Circle").run, RunStore(tmp_path / "runs")
    wrong = Entry(run._replace(fault="wrong"), [], store._files.stamp(run.id))
    store._indexed(lambda index: index.put([wrong]))
    second.rebuild()
    assert runs_of(second) == runs_of(store) == [run]
    second.close()


def test_a_damaged_document_is_told_and_the_others_live(store: RunStore, tmp_path: Path) -> None:
    one, other = (store.keep(variant(seed=seed), "Circle").run for seed in (1, 2))
    damage(store.path_of(one.id))
    store.reconcile()
    faults = {run.id: run.fault for run in runs_of(store)}
    assert "checksum" in faults[one.id] and faults[other.id] == ""
    with pytest.raises(InputError, match="checksum"):
        store.document(one.id)
    assert store.document(other.id).experiment.seed == 2


def test_files_that_came_and_went_meanwhile_are_noticed(store: RunStore, tmp_path: Path) -> None:
    one, other = (store.keep(variant(seed=seed), "Circle").run for seed in (1, 2))
    folder = tmp_path / "runs"
    (folder / f"copy{DOCUMENT}").write_bytes(store.path_of(one.id).read_bytes())
    (folder / f"{one.id}{NOTE}").write_bytes(b'{"name": "From elsewhere", "star": true}')
    store.path_of(other.id).unlink()
    (folder / f"{other.id}{NOTE}").touch()
    store.reconcile()
    names = {run.id: (run.title, run.note.star) for run in runs_of(store)}
    assert names == {"copy": ("Circle", False), one.id: ("From elsewhere", True)}


def test_two_stores_share_a_folder(store: RunStore, tmp_path: Path) -> None:
    second, before = RunStore(tmp_path / "runs"), store.version
    run = second.keep(DOCUMENT_OF_SMALL, "Circle").run
    assert store.version != before and ids(store) == {run.id}
    store.annotate(run.id, star=True)
    assert second.find(run.id).note.star
    second.forget_all()
    assert ids(store) == set()
    second.close()


class Faults:
    """Lets the n-th call that touches the disk or the database fail."""

    def __init__(self, patch: pytest.MonkeyPatch, fail_at: int) -> None:
        self.calls, self.fail_at = 0, fail_at
        for name in ("fsync", "replace", "link", "open", "rename", "unlink"):
            patch.setattr(os, name, self.faulty(getattr(os, name), OSError(28, "No space left on device")))
        patch.setattr(atomic, "_write_whole", self.faulty(atomic._write_whole, OSError(5, "Input/output error")))
        patch.setattr(Index, "_run", self.faulty(Index._run, sqlite3.OperationalError("disk I/O error")))
        patch.setattr(sqlite3, "connect", self.faulty(sqlite3.connect, sqlite3.OperationalError("unable to open")))

    def faulty(self, real: Callable[..., Any], error: Exception) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            self.calls += 1
            if self.calls == self.fail_at:
                raise error
            return real(*arguments, **named)

        return call


def acts(folder: Path) -> dict[str, Callable[[RunStore, str], object]]:
    return {
        "keep": lambda store, _: store.keep(DOCUMENT_OF_SMALL, "new", picture=b"PNG"),
        "replace": lambda store, id: store.keep(DOCUMENT_OF_SMALL, "new", picture=b"PNG", replaces=id),
        "annotate": lambda store, id: store.annotate(id, name="named", star=True),
        "delete": lambda store, id: store.delete([id]),
        "restore": lambda store, id: (store.delete([id]), store.restore([id])),
        "read": lambda store, id: (store.table(), store.document(id)),
    }


@pytest.mark.parametrize("act", acts(Path()))
def test_whatever_fails_nothing_is_lost_and_the_index_follows(act: str, tmp_path: Path) -> None:
    """Every write, fsync, rename and call of SQLite fails in turn."""
    before, failed, template = DOCUMENT_OF_SMALL, 0, tmp_path / "template"
    store = RunStore(template)
    id = store.keep(before, "old").run.id
    store.close()
    for number in range(1, 400):
        folder = tmp_path / str(number)
        shutil.copytree(template, folder)
        store = RunStore(folder)
        with pytest.MonkeyPatch.context() as patch:
            faults = Faults(patch, number)
            try:
                acts(folder)[act](store, id)
            except OSError:
                failed += 1
            store.close()
        again = RunStore(folder)
        again.reconcile()
        runs = {run.id: run for run in runs_of(again)}
        assert not [run for run in runs.values() if run.fault], number
        for run in runs:
            assert again.document(run).history.total == before.history.total
        if id not in runs:
            assert act in ("delete", "restore")
            again.restore([id])
            runs = {run.id: run for run in runs_of(again)}
        assert runs[id].title in ("old", "named"), number
        again.close()
        if faults.calls < number:
            break
    assert 5 < faults.calls < number
    assert failed or act == "read"


# Processes that are killed --------------------------------------------------------------------------------------

KEEP = """
import sys
from pathlib import Path
from playground.storage.document import load_document
from playground.storage.runs.store import RunStore
store, document = RunStore(Path(sys.argv[1])), load_document(sys.argv[2])
while True:
    kept = [store.keep(document, "run", picture=b"PNG").run.id for _ in range(3)]
    store.annotate(kept[0], star=True)
    print(kept[0], flush=True)
    store.delete(kept[1:])
    store.restore(kept[1:2])
"""


def test_kills_lose_nothing_that_was_kept_and_never_the_index(tmp_path: Path) -> None:
    folder, document, delays = tmp_path / "runs", tmp_path / "one.playground", random.Random(0)
    document.write_bytes(document_bytes(DOCUMENT_OF_SMALL))
    promised = set[str]()
    for _ in range(KILLS):
        process = subprocess.Popen(
            [sys.executable, "-c", KEEP, str(folder), str(document)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        promised.add(process.stdout.readline().strip())
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(delays.random() * 0.1)
        process.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
        rest = process.communicate()[0].split()
        promised.update(one for one in rest if len(one) == len(next(iter(promised))))
        database = sqlite3.connect(folder / "index.sqlite3")
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        database.close()
        store = RunStore(folder)
        assert promised <= ids(store)
        store.reconcile()
        runs = runs_of(store)
        assert promised <= {run.id for run in runs} and not [run.fault for run in runs if run.fault]
        assert {run.id for run in runs if run.note.star} >= promised
        store.close()
        if len(runs) > 200:
            # So that the last of five hundred kills takes no longer than the first.
            RunStore(folder).forget_all()
            promised.clear()
    assert KILLS and not [path for path in folder.iterdir() if path.name.endswith(atomic.PART)]


def test_parts_of_runs_that_nobody_finished_go_after_a_day(store: RunStore, tmp_path: Path) -> None:
    store.keep(DOCUMENT_OF_SMALL, "Circle")
    new, old = (tmp_path / "runs" / f"{name}{NOTE}" for name in ("new", "old"))
    for path in (new, old):
        path.write_bytes(msgspec.json.encode({}))
    os.utime(old, (0, time.time() - 2 * files._ABANDONED_SECONDS))
    store.reconcile()
    assert new.exists() and not old.exists()
