"""Files from strangers: whatever stands in them, it is refused in words, before it takes memory or time."""

from __future__ import annotations

import io
import json
import os
import pickle
import random
import struct
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from playground import Experiment, InputError, Layer, load
from playground.catalog.datasets.own_points import UserPoints
from playground.catalog.datasets.table import Table
from playground.experiment.rules import MAX_PARAMETERS, check
from playground.experiment.text import MAX_COMMAS, MAX_FILE_BYTES, experiment_from_text, experiment_text
from playground.files import cells
from playground.files.cells import MAX_TABLE_ROWS, read_cells
from playground.files.progress import watch_progress
from playground.interop import weights
from playground.interop.opening import open_source
from playground.interop.weights import load_weights, save_weights
from playground.storage.document import MAGIC, load_document
from tests.fuzz.fuzz import changed
from tests.fuzz.targets import TARGETS, seeds

FOUND = sorted(path for path in (Path(__file__).parent / "hostile").glob("*/*"))
LOADERS: dict[str, Callable[[Path], Any]] = {
    "experiment": load,
    "document": load_document,
    "weights": load_weights,
    "import": read_cells,
    "table": lambda path: table_of(path).rows,
}
MB = 2**20


def table_of(path: Path) -> Table:
    """A table of an experiment with the columns a, b and c."""
    return Table(path=str(path), x1="a", x2="b", target="c")


def refusal(loader: str, path: Path, most: int = 2 * MB, seconds: float = 5) -> str:
    """What a loader says to a file, while it takes no more memory and time of the processor than this."""
    tracemalloc.start()
    started = time.process_time()
    try:
        with pytest.raises(InputError) as refused:
            LOADERS[loader](path)
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()
    assert time.process_time() - started < seconds
    words = str(refused.value)
    assert words.isprintable() and len(words) < 1500
    return words


# What was found by looking for it -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", FOUND, ids=lambda path: f"{path.parent.name}-{path.name[:14]}")
def test_what_once_broke_a_loader_does_so_no_more(path: Path) -> None:
    TARGETS[path.parent.name](path.read_bytes())


@pytest.mark.parametrize("target", TARGETS)
def test_what_a_loader_accepts_serves_what_follows(target: str) -> None:
    for seed in seeds(target):
        TARGETS[target](seed)


@pytest.mark.parametrize("seed", seeds("document"), ids=lambda _: "")
def test_documents_with_any_other_value_are_refused_or_trained(seed: bytes) -> None:
    chance = random.Random(len(seed))
    tree = msgspec.msgpack.decode(seed)
    for _ in range(60):
        try:
            other = msgspec.msgpack.encode(changed(tree, chance, tree))
        except (ValueError, OverflowError, TypeError):
            continue
        TARGETS["document"](other)
        TARGETS["kept"](other)


@pytest.mark.parametrize("seed", seeds("experiment"), ids=lambda _: "")
def test_experiments_with_any_other_value_are_refused_or_trained(seed: bytes) -> None:
    chance = random.Random(len(seed))
    tree = json.loads(seed)
    for _ in range(60):
        try:
            other = json.dumps(changed(tree, chance, tree))
        except TypeError:
            continue
        TARGETS["experiment"](other.encode())


# Files of other kinds -------------------------------------------------------------------------------------------------


class Trap:
    """Whoever unpickles this has lost."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("trapped",)


def bomb(size: int) -> bytes:
    """An archive that is a thousandth of what it unpacks to."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("W0.npy", "w") as member:
        member.write(npy_header(f"'descr': '<f8', 'fortran_order': False, 'shape': ({size // 8},)"))
        for _ in range(size // MB):
            member.write(bytes(MB))
    return buffer.getvalue()


def archive_of(*members: tuple[str, bytes]) -> bytes:
    """A zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def npy_header(fields: str) -> bytes:
    """The beginning of a `.npy` file."""
    text = f"{{{fields}, }}".encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


OTHERS = {
    "pickle": pickle.dumps(Trap()),
    "pickled array": pickle.dumps(np.zeros(3)),
    "archive": archive_of(("experiment.json", b"{}")),
    "program": b"#!/bin/sh\ntouch trapped\n",
    "picture": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "nothing": b"",
    "zeros": bytes(1000),
}


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("kind", OTHERS)
def test_files_of_other_kinds_are_refused(
    tmp_path: Path, loader: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "stranger"
    file.write_bytes(OTHERS[kind])
    if (loader, kind) == ("import", "program"):
        # It is a text: a comment and a header.
        assert read_cells(file).rows == 0
        return
    assert "stranger" in refusal(loader, file)
    assert not (tmp_path / "trapped").exists()


@pytest.mark.parametrize("loader", LOADERS)
def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path, loader: str) -> None:
    file = tmp_path / "huge"
    with file.open("wb") as sparse:
        sparse.truncate(5 * 2**30)
    assert "huge" in refusal(loader, file, most=MB, seconds=0.5)


def test_a_large_file_that_is_no_document_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "large"
    with file.open("wb") as sparse:
        sparse.truncate(2**30)
    assert "not a document of the playground" in refusal("document", file, most=MB, seconds=0.5)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize("loader", LOADERS)
def test_pipes_and_devices_are_not_waited_for(tmp_path: Path, loader: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), Path("/dev/null")):
        assert "device or a pipe" in refusal(loader, path, seconds=1)


def test_a_table_that_is_a_device_does_not_stop_an_experiment_from_being_refused() -> None:
    table = {"kind": "table", "path": "/dev/zero", "x1": "a", "x2": "b", "target": "c"}
    with pytest.raises(InputError, match=r"data\.path"):
        experiment_from_text(json.dumps({"version": 1, "data": table}))


# Experiments ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"version": 1, "x": [' + "[]," * 600_000 + "1]}", "at most 500,000 quotes, lists and objects"),
        ('{"version": 1, "x": [' + '"",' * 300_000 + "1]}", "at most 500,000 quotes, lists and objects"),
        ('{"version": 1, "name": "' + "a" * 20_000 + '"}', "(got 'aaa"),
        ('{"version": 1, "' + "a" * 20_000 + '": 1}', "keys are strings of at most 10,000 characters"),
        ('{"version": 1, "seed": 1' + "0" * 5000 + "}", "4300 digits"),
        ('{"version": 1, "data": {"kind": "points", "x1": [1' + "0" * 400 + "]}}", r"data.x1[0]"),
        ('{"version": 1, "data": {"kind": "points", "x1": [0, NaN]}}', r"data.x1[1] must be a finite number (got nan)"),
        ('{"version": 1, "bias": 1e999}', "bias must be a finite number (got inf)"),
        ('{"version": 1, "\\u001b[31m": 1}', "is unknown: an experiment has"),
        ('{"version": 1, "a\\u202eb": 1}', "is unknown: an experiment has"),
        ('{"version": 1, "a\\nb": 1}', "is unknown: an experiment has"),
        ('{"version": 1, "bias": 1, "bias": 2}', "its key is repeated"),
        ("[" * 100_000, "nested too deeply"),
        ('{"version": 3}', "newer program"),
        ("version: 1", "not JSON"),
    ],
)
def test_an_experiment_is_refused_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "e.json").write_text(text)
    assert words in refusal("experiment", tmp_path / "e.json", most=10 * MB)


def test_millions_of_numbers_in_a_wrong_place_are_shown_by_their_start(tmp_path: Path) -> None:
    text = '{"version": 1, "name": [' + "1.5," * 10**6 + "1]}"
    (tmp_path / "e.json").write_text(text)
    assert "name must be a text (got [1.5, 1.5," in refusal(
        "experiment", tmp_path / "e.json", most=12 * len(text), seconds=30
    )
    (tmp_path / "e.json").write_text('{"version": 1, "name": [' + "7," * MAX_COMMAS + "1]}")
    assert "at most 8,000,000 commas (got 8,000,001)" in refusal("experiment", tmp_path / "e.json", most=20 * MB)


def test_the_most_points_that_may_be_are_read_again_however_they_are_written() -> None:
    count = 1000
    values = dict.fromkeys(("x1", "x2", "target"), (-1.2345678901234567e-100,) * count)
    marks = {"train": (True, *(False,) * (count - 1)), "test": (False,) * count}
    text = experiment_text(Experiment(data=UserPoints(**values, **marks, task="regression")))
    assert experiment_from_text(text).data.size == count
    assert MAX_TABLE_ROWS // count * len(text) < MAX_FILE_BYTES
    assert MAX_TABLE_ROWS // count * text.count(",") < MAX_COMMAS
    with pytest.raises(InputError, match=r"data\.x1 must be at most 1,000,000 points \(got 1,000,001\)"):
        UserPoints(x1=(0.0,) * (MAX_TABLE_ROWS + 1)).check()


def test_text_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "e.json").write_bytes('{"version": 1, "name": "é"}'.encode("latin-1"))
    assert "utf-8" in refusal("experiment", tmp_path / "e.json")
    (tmp_path / "e.json").write_bytes('{"version": 1, "name": "é"}'.encode("utf-16"))
    assert load(tmp_path / "e.json").name == "é"


def test_a_network_for_which_there_is_no_memory_is_refused() -> None:
    with pytest.raises(
        InputError, match=rf"layers\[2\]\.units must be smaller: .* {MAX_PARAMETERS:,} weights .* \(got 4,096\)"
    ):
        check(Experiment(layers=(Layer(4096),) * 100))
    check(Experiment(layers=(Layer(4096),) * 2))


# Weights --------------------------------------------------------------------------------------------------------------


def header(shape: str, kind: str = "'<f8'") -> bytes:
    return npy_header(f"'descr': {kind}, 'fortran_order': False, 'shape': {shape}")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (archive_of(("W0.npy", header(f"({2**40}, {2**10})"))), "must be as long as float64 of shape"),
        (archive_of(("W0.npy", header("(2, 2)") + bytes(24))), "must be as long as float64 of shape"),
        (archive_of(("W0.npy", header("(2, 2)") + bytes(40))), "must be as long as float64 of shape"),
        (archive_of(("W0.npy", header("(-1, -1)") + bytes(8))), "must be as long as float64 of shape"),
        (archive_of(("W0.npy", header("(1,)", "'|O'") + bytes(8))), "real numbers"),
        (archive_of(("W0.npy", header("(1,)", "[('a', '<f8')]") + bytes(8))), "real numbers"),
        (archive_of(("W0.npy", header("(1,)", "'<c16'") + bytes(16))), "real numbers"),
        (archive_of(("W0.npy", header("(1,)", "'<U2'") + bytes(8))), "real numbers"),
        (archive_of(("W0.npy", header("(__import__('os').mkdir('trapped'),)"))), "not an .npz file"),
        (archive_of(("W0.npy", pickle.dumps(Trap()))), "not an .npz file"),
        (archive_of(("W0.npy", b"")), "not an .npz file"),
        (archive_of(*((f"W{k}.npy", b"") for k in range(607))), "606 arrays (got 607)"),
        (
            archive_of(("W0.npy", header("(1,)") + bytes(8)), ("W0", header("(1,)") + bytes(8))),
            "in the file once (got two)",
        ),
    ],
)
def test_weights_that_are_not_what_they_say_are_refused(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "w.npz").write_bytes(content)
    assert words in refusal("weights", tmp_path / "w.npz")
    assert not (Path.cwd() / "trapped").exists()


def test_a_bomb_is_refused_before_it_goes_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "MAX_NUMBERS", 2**20)
    (tmp_path / "w.npz").write_bytes(bomb(64 * MB))
    assert (tmp_path / "w.npz").stat().st_size < MB
    assert "(got 8,388,608)" in refusal("weights", tmp_path / "w.npz", most=MB)


def deflated(pieces: Iterable[bytes], size: int) -> bytes:
    """A weight file whose one member is packed as well as can be and says that it has this size."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = b"".join([packer.compress(piece) for piece in pieces]) + packer.flush()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("W0.npy", b"")
    content = bytearray(buffer.getvalue())
    start = content.index(b"W0.npy") + len("W0.npy")
    content[start : content.index(b"PK\x01\x02")] = data
    directory = content.index(b"PK\x01\x02")
    struct.pack_into("<II", content, directory + 20, len(data), size)
    struct.pack_into("<I", content, content.index(b"PK\x05\x06") + 16, directory)
    return bytes(content)


def test_a_bomb_that_a_network_could_be_is_refused_as_well(tmp_path: Path) -> None:
    shape = header(f"({40 * MB // 8},)")
    (tmp_path / "w.npz").write_bytes(deflated([shape, *[bytes(MB)] * 40], 40 * MB + len(shape)))
    assert "W0 must be an array of at most" in refusal("weights", tmp_path / "w.npz", most=MB)


def test_a_header_without_an_end_is_not_read_to_its_end(tmp_path: Path) -> None:
    start = b"\x93NUMPY\x02\x00" + struct.pack("<I", 50 * MB)
    (tmp_path / "w.npz").write_bytes(deflated([start, *[b" " * MB] * 50], 50 * MB + len(start)))
    assert "array header" in refusal("weights", tmp_path / "w.npz", most=MB)


def test_a_list_of_members_without_an_end_is_not_read(tmp_path: Path) -> None:
    whole = archive_of(("W0.npy", b""))
    directory, end = whole.index(b"PK\x01\x02"), whole.index(b"PK\x05\x06")
    entry, tail = whole[directory:end], bytearray(whole[end:])
    struct.pack_into("<I", tail, 12, len(entry) * 100_000)
    (tmp_path / "w.npz").write_bytes(whole[:directory] + entry * 100_000 + tail)
    assert "list of its members" in refusal("weights", tmp_path / "w.npz", most=MB)


def test_members_that_are_all_the_same_bytes_are_refused(tmp_path: Path) -> None:
    whole = archive_of(("W0.npy", header("(8192,)") + bytes(2**16)))
    directory, end = whole.index(b"PK\x01\x02"), whole.index(b"PK\x05\x06")
    entries = [whole[directory:end].replace(b"W0.npy", b"W%d.npy" % k) for k in range(9)]
    tail = bytearray(whole[end:])
    struct.pack_into("<HHI", tail, 8, 9, 9, sum(map(len, entries)))
    (tmp_path / "w.npz").write_bytes(whole[:directory] + b"".join(entries) + tail)
    refusal("weights", tmp_path / "w.npz", most=MB)


def test_many_arrays_take_no_more_than_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "MAX_NUMBERS", 100)
    save_weights(tmp_path / "w.npz", {f"W{k}": np.zeros(60) for k in range(2)})
    assert "W1 must be an array of at most" in refusal("weights", tmp_path / "w.npz")


def test_an_archive_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    honest = bytearray(bomb(2 * MB))
    place = honest.rfind(b"PK\x01\x02")
    struct.pack_into("<I", honest, place + 24, 128 + 8)
    (tmp_path / "w.npz").write_bytes(honest)
    refusal("weights", tmp_path / "w.npz", most=MB)


def test_a_way_of_packing_that_asks_for_any_memory_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "w.npz", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("W0.npy", header("(1,)") + bytes(8))
    assert "compression 14" in refusal("weights", tmp_path / "w.npz")


def test_variances_below_zero_are_refused() -> None:
    from playground import Trainer
    from playground.catalog.normalizations import BatchNormalization

    experiment = Experiment(layers=(Layer(1, normalization=BatchNormalization()),))
    with pytest.raises(InputError, match="var0 must be made of variances"):
        Trainer(experiment, initial={"var0": np.array([-1.0])}, engine="reference")


# Tables ---------------------------------------------------------------------------------------------------------------


def table_refusal(tmp_path: Path, content: bytes, most: int = 4 * MB) -> str:
    (tmp_path / "t.csv").write_bytes(content)
    return refusal("table", tmp_path / "t.csv", most=most)


def test_a_line_without_an_end_is_not_read_to_its_end(tmp_path: Path) -> None:
    assert "more than 100,000 characters" in table_refusal(tmp_path, b"a,b,c\n" + b"1," * 20 * MB)
    assert "more than 100,000 characters" in table_refusal(tmp_path, b"a" * 40 * MB)
    assert "quote is not closed" in table_refusal(tmp_path, b'a,b,c\n1,2,"' + b"x\n" * 10 * MB)


def test_a_row_over_many_lines_has_an_end(tmp_path: Path) -> None:
    many = b"\n" + b'"\n",' * MB
    assert "quote is not closed" in table_refusal(tmp_path, b"a,b,c" + many)
    with pytest.raises(InputError, match="row 2"):
        read_cells("a,b,c" + many.decode())


def test_too_many_cells_are_refused_where_they_become_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "_MAX_CELLS", 400_000)
    row = b"12," * 49 + b"34\n"
    (tmp_path / "t.csv").write_bytes(row * 20_000)
    words = refusal("import", tmp_path / "t.csv", most=20 * 20_000 * len(row), seconds=60)
    assert "must be a table of at most 8,000 rows with 50 columns (got more, from row 8,001)" in words


def test_rows_of_any_length_are_read(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("a,b,c\n1,2,x\n1\n\n1,2,y,4,5\n1,2,y\n,,\n")
    rows = table_of(file).rows
    assert rows.x.tolist() == [[1, 2], [1, 2]] and rows.labels.tolist() == [0, 1]
    assert rows.class_names == ("x", "y")
    assert [dropped.words for dropped in rows.dropped] == [
        "1 row left out: no value in b (row 3).",
        "1 row left out: more cells than columns (row 5).",
    ]


def test_zero_bytes_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_bytes(b"a,b,c\n1,\x00,x\n")
    assert "row 2 must be text; this looks like another kind of file (got a zero byte)" in refusal("import", file)
    with pytest.raises(InputError, match=r"data\.path.*row 2 must be text.*got a zero byte"):
        table_of(file).check()


def test_a_table_with_too_many_rows_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "MAX_TABLE_ROWS", 3)
    assert "at most 3 rows" in table_refusal(tmp_path, b"a,b,c\n" + b"1,2,x\n" * 4)
    (tmp_path / "u.csv").write_bytes(b"a,b,c\n" + b"1,2,x\n" * 3)
    assert len(table_of(tmp_path / "u.csv").rows.x) == 3


def test_reading_tells_how_far_it_is(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b,c\n" + "1,2,x\n" * 5000)
    told: list[tuple[int, int]] = []
    with watch_progress(lambda done, of: told.append((done, of))):
        read_cells(tmp_path / "t.csv")
    assert {of for _, of in told} == {30_006}
    assert told == sorted(told) and len({done for done, _ in told}) > 4


@pytest.mark.parametrize("at", [1, 3, 5])
def test_reading_can_be_stopped(tmp_path: Path, at: int) -> None:
    class Stopped(Exception):
        pass

    (tmp_path / "t.csv").write_text("a,b,c\n" + "1,2,x\n" * 5000)
    told = 0

    def watch(done: int, of: int) -> None:
        nonlocal told
        told += 1
        if told == at:
            raise Stopped

    with pytest.raises(Stopped), watch_progress(watch):
        read_cells(tmp_path / "t.csv")
    assert told == at


# Documents ------------------------------------------------------------------------------------------------------------


def test_a_document_may_be_given_wherever_an_experiment_is(tmp_path: Path) -> None:
    file = Path(__file__).parents[1] / "storage" / "documents" / "v1-spiral.playground"
    assert open_source(str(file)).experiment == load_document(file).experiment
    (tmp_path / "x.playground").write_bytes(MAGIC)
    with pytest.raises(InputError, match=r"x\.playground"):
        open_source(str(tmp_path / "x.playground"))
