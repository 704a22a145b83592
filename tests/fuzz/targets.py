"""What every loader promises, whatever it is given: it refuses in words, or what it returns serves all that follows.

Each target takes any bytes and raises if a promise is broken. `fuzz.py` looks for such bytes; what it found stands in
`tests/interop/hostile/` and is tried again by the tests.
"""

from __future__ import annotations

import atexit
import hashlib
import io
import itertools
import math
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
from numpy.lib.format import write_array

from playground import Experiment, InputError, Layer, Trainer
from playground.catalog.activations import Tanh
from playground.catalog.datasets.base import draw_sample
from playground.catalog.datasets.own_points import UserPoints
from playground.catalog.datasets.shapes import Circle
from playground.catalog.datasets.table import Table, rows_of
from playground.experiment.rules import convert
from playground.experiment.text import experiment_from_text, experiment_text
from playground.files.cells import read_cells
from playground.interop import tfplayground, weights
from playground.interop.point_text import read_own_points
from playground.interop.tables import data_set, propose
from playground.measure.requests import (
    BoundaryRequest,
    ConfusionRequest,
    FinalTestRequest,
    HistogramsRequest,
    MicroscopeRequest,
    UnitMapsRequest,
    UnitStatesRequest,
)
from playground.run.run import Document, resume
from playground.storage import document as documents
from playground.storage.runs.index import Entry, Index
from playground.storage.runs.kept import (
    GroupMember,
    KeptGroup,
    KeptRun,
    Note,
    Summary,
    group_bytes,
    read_group,
    summarize,
    summarize_group,
)

FOLDER = Path(tempfile.mkdtemp(prefix="fuzz"))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
SMALL = 20_000
"""So many numbers are computed in a moment."""


def refuses_in_words(error: InputError) -> None:
    """A refusal is one line that names a place and is not too long to read."""
    words = str(error)
    assert "\n" not in words and "\r" not in words, words
    assert error.path and len(words) < 5000, words


def experiment(data: bytes) -> None:
    """What an experiment file says can be written and read again, and trained if it is small."""
    try:
        read = experiment_from_text(data)
    except InputError as error:
        refuses_in_words(error)
        return
    assert experiment_from_text(experiment_text(read)) == read
    if is_small(read):
        try:
            trainer = Trainer(read, engine="reference")
        except InputError as error:
            refuses_in_words(error)
            return
        train(trainer)


def is_small(read: Experiment) -> bool:
    """Whether an experiment is computed in a moment."""
    units = [len(read.features), *(layer.units for layer in read.layers), 10]
    numbers = sum(a * b for a, b in itertools.pairwise(units))
    return numbers < SMALL and read.data.size * sum(units) < SMALL


def train(trainer: Trainer) -> None:
    """A few updates and a look at everything."""
    with np.errstate(all="ignore"):
        trainer.advance(steps=3)
        trainer.snapshot(
            [
                BoundaryRequest(3),
                HistogramsRequest(3),
                ConfusionRequest(),
                UnitMapsRequest(3),
                UnitStatesRequest(),
                MicroscopeRequest(0),
                FinalTestRequest(),
            ]
        )


def document(data: bytes) -> None:
    """What a document holds can be written and read again, and training goes on from it."""
    for content in (data, with_checksum(data)):
        try:
            read = documents.document_from_bytes(content, "x")
        except InputError as error:
            refuses_in_words(error)
            continue
        again = documents.document_bytes(read)
        assert documents.document_bytes(documents.document_from_bytes(again, "x")) == again
        if is_small(read.experiment):
            go_on(read)


def kept_run(data: bytes) -> None:
    """What the store's index says of a document or a group of trainings can be written into it."""
    for content, read in ((data, summarize), (with_checksum(data), summarize), (data, summary_of_group)):
        try:
            summary = read(content, "x")
        except InputError as error:
            refuses_in_words(error)
            continue
        run = KeptRun("x", "run", "", Note(), summary.outcome)
        index = Index(None)
        index.put([Entry(run, summary.settings, "")])
        assert index.load().runs == [run]
        index.close()


def summary_of_group(content: bytes, place: str) -> Summary:
    group = read_group(content, place)
    for _ in group.members():
        pass
    return summarize_group(group, place)


def with_checksum(payload: bytes) -> bytes:
    """A document with this record."""
    first_line = documents.MAGIC + str(documents.DOCUMENT_VERSION).encode() + b"\n"
    return first_line + hashlib.sha256(payload).digest() + payload


def go_on(read: Document) -> None:
    """Take a document up and use it."""
    trainer = Trainer.of(resume(read))
    train(trainer)
    try:
        trainer.clear_outcome()
        train(trainer)
        trainer.reset()
    except InputError as error:
        refuses_in_words(error)
    documents.document_bytes(trainer.document())


def weight_file(data: bytes) -> None:
    """A weight file gives arrays of numbers that are in it."""
    file = FOLDER / "w.npz"
    for content in (data, zipped(data)):
        file.write_bytes(content)
        try:
            arrays = weights.load_weights(file)
        except InputError as error:
            refuses_in_words(error)
            continue
        for name, values in arrays.items():
            assert values.dtype.kind in "fiu" and values.size <= weights.MAX_NUMBERS, name
        try:
            Trainer(initial=arrays, engine="reference")
        except InputError as error:
            refuses_in_words(error)


def zipped(data: bytes) -> bytes:
    """A weight file with one array, whose checksum is right."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("W0.npy", data)
    return buffer.getvalue()


def table(data: bytes) -> None:
    """A table of an experiment gives finite points on the plane."""
    file = FOLDER / "t.csv"
    file.write_bytes(data)
    for task in (None, "classification", "regression"):
        try:
            read = Table(path=str(file), x1="a", x2="b", target="c", task=task)
            read.check()
        except InputError as error:
            refuses_in_words(error)
            continue
        points = draw_sample(read)
        assert np.isfinite(points.x).all() and (np.abs(points.x) <= 5).all()
        assert np.isfinite(points.labels).all() and len(points.labels) == len(points.x) > 0


def imported(data: bytes) -> None:
    """A text from anywhere becomes points, or is refused."""
    file = FOLDER / "t.csv"
    file.write_bytes(data)
    try:
        cells = read_cells(file)
        own = read_own_points(cells)
        picked = propose(cells)
        read, notes = data_set(cells._replace(path=None), picked, rows_of(cells, *picked))
    except InputError as error:
        refuses_in_words(error)
        return
    assert all(notes)
    for each in (own, read):
        if isinstance(each, UserPoints):
            assert draw_sample(each).x.shape == (each.size, 2)
            assert convert({"version": 2, "data": msgspec.to_builtins(each)}).data == each


def link(data: bytes) -> None:
    """A link becomes an experiment that may be trained, or is refused."""
    try:
        opened = tfplayground.experiment_from_link(
            "#" + data.decode("utf-8", "surrogatepass" if data[:1] == b"s" else "replace")
        )
    except UnicodeDecodeError:
        return
    except InputError as error:
        refuses_in_words(error)
        return
    assert experiment_from_text(experiment_text(opened.experiment)) == opened.experiment
    try:
        plain = tfplayground.link_of(opened.experiment)
    except tfplayground.NoLinkError:
        return
    assert tfplayground.link_of(tfplayground.experiment_from_link(plain).experiment) == plain


TARGETS: dict[str, Callable[[bytes], None]] = {
    "experiment": experiment,
    "document": document,
    "kept": kept_run,
    "weights": weight_file,
    "table": table,
    "import": imported,
    "link": link,
}


# Where to begin -----------------------------------------------------------------------------------------------------


def seeds(target: str) -> list[bytes]:
    """Small inputs that a loader accepts."""
    return {
        "experiment": experiment_seeds,
        "document": document_seeds,
        "kept": lambda: [*document_seeds(), group_seed()],
        "weights": weight_seeds,
        "table": lambda: [b"a,b,c\n1,2,x\n3,4,y\n", b'\xef\xbb\xbfa;b;c\n1,5;2;"0"\n;2;1\n3;-4e2;7.5\n'],
        "import": lambda: [
            b"a,b,c\n1,2,x\n3,4,y\n",
            b"x1\tx2\tlabel\tsplit\n1\t2\tA\ttrain\n",
            b'sep=;\n"1,5";2;"a\n"\n',
        ],
        "link": lambda: [b"activation=relu&dataset=gauss&networkShape=4,2&seed=0.5&noise=10", b"problem=regression"],
    }[target]()


def small_experiments() -> list[Experiment]:
    """Experiments that have a memory of every kind between them."""
    points = UserPoints(x1=(0.0, 1.0, -1.0), x2=(1.0, 2.0, 0.5), target=(0.0, 1.0, 1.0), train=(True, True, False))
    memory = {
        "version": 1,
        "data": {"kind": "plane", "points": 6, "noise": 0.1, "test_fraction": 0.2},
        "layers": [{"units": 2, "activation": "relu", "normalization": "batch", "dropout": 0.1, "skip": True}],
        "regularizer": {"kind": "l1", "prune": True},
        "training": {
            "optimizer": "nadam",
            "schedule": {"kind": "plateau", "patience": 1},
            "batch_size": 2,
            "batching": "carry",
            "early_stopping": {"patience": 3},
        },
    }
    return [Experiment(data=Circle(points=5)), Experiment(data=points, layers=(Layer(2, Tanh()),)), convert(memory)]


def experiment_seeds() -> list[bytes]:
    return [experiment_text(one).encode() for one in small_experiments()]


def document_seeds() -> list[bytes]:
    """The records of documents, without the checksum that would forbid every change."""
    found = []
    for one in small_experiments():
        for steps in (0, 4):
            initial = {"b0": np.zeros(1)} if not one.layers else None
            trainer = Trainer(one, initial=initial, engine="reference", past_bytes=2**16)
            trainer.advance(steps=steps)
            trainer.configure(trainer.experiment, title="title")
            found.append(bytes(documents.read_payload(documents.document_bytes(trainer.document()), "x")))
    return found


def group_seed() -> bytes:
    """A group of two trainings."""
    trainings = tuple(GroupMember({"training.learning_rate": rate}, 0, "completed", 3, 0.5, 0.4) for rate in (0.1, 1.0))
    return group_bytes(KeptGroup.of(small_experiments()[0], trainings, "classification", 2))


def weight_seeds() -> list[bytes]:
    """Whole files, and single arrays."""
    buffer = io.BytesIO()
    write_array(buffer, np.array([[0.5, math.pi]]), allow_pickle=False)
    compressed = io.BytesIO()
    np.savez_compressed(compressed, W0=np.zeros((1, 2)), b0=np.zeros(1))
    return [weights.weight_bytes(Trainer(engine="reference").parameters()), compressed.getvalue(), buffer.getvalue()]
