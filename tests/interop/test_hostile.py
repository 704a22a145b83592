"""Files from strangers are read or refused, whatever stands in them, in little memory and with the place named.

What fuzzing has found stands in `hostile/` and is tried again here; `make fuzz` looks for more.
"""

from __future__ import annotations

import importlib.util
import io
import os
import pickle
import re
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from playground import Experiment, InputError, check
from playground.catalog import datasets
from playground.catalog.datasets import MAX_ROWS, Table, UserPoints
from playground.experiment import MAX_FILE_BYTES, MAX_NAME, MOST_OF, from_text, load, to_text
from playground.interop import tables, weights
from playground.interop.tables import from_file
from playground.interop.weights import MAX_ARRAYS, load_weights

ROOT = Path(__file__).parents[2]
HOSTILE = Path(__file__).parent / "hostile"
MB = 2**20


def fuzz_targets() -> Any:
    """What is fuzzed; tests are no package, so it is loaded by its path."""
    spec = importlib.util.spec_from_file_location("fuzz_targets", ROOT / "tests" / "fuzz" / "targets.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


FUZZ = fuzz_targets()


@pytest.mark.parametrize("target", FUZZ.TARGETS)
def test_what_fuzzing_starts_from_and_what_it_found_is_read_or_refused(target: str) -> None:
    found = [path.read_bytes() for path in sorted((HOSTILE / target).glob("*"))]
    for content in [*FUZZ.starts(target), *found]:
        FUZZ.TARGETS[target](content)


PEAK = """
import resource, sys
from pathlib import Path
from playground import InputError
from playground.catalog.datasets import MAX_ROWS, Table, UserPoints
from playground.experiment import load
from playground.interop.document import load_document
from playground.interop.tables import from_file
from playground.interop.weights import load_weights
path = Path(sys.argv[1])
def table(path):
    Table(path=str(path), x1="a", x2="b", target="c").check()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    eval(sys.argv[2])(path)
except InputError as error:
    print(error, file=sys.stderr)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def megabytes(path: Path, loader: str) -> tuple[float, str]:
    """How much more memory a process takes at its most to load a file, and how it refuses it."""
    done = subprocess.run(
        [sys.executable, "-c", PEAK, str(path), loader], cwd=ROOT, capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout) / 1024, done.stderr.strip()


def with_size(path: Path, size: int, start: bytes = b"") -> Path:
    """A file of this size, which takes no room on the disk but for its start."""
    with path.open("wb") as file:
        file.write(start)
        file.truncate(size)
    return path


# Sizes ------------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name != "posix", reason="measured with getrusage")
@pytest.mark.parametrize("loader", ["from_file", "table", "load", "load_weights", "load_document"])
def test_a_file_of_a_gigabyte_is_refused_before_memory_is_taken(tmp_path: Path, loader: str) -> None:
    start = b"a,b,c\n1,2,x\n" if loader in ("from_file", "table") else b""
    taken, refusal = megabytes(with_size(tmp_path / "huge", 2**30 + 1, start), loader)
    assert taken < 10
    assert ("data.path" if loader == "table" else "huge") in refusal
    assert re.search(r"1,024 ?MB|1,07\d,\d+,\d+ bytes|at most 128 MB|not a zip", refusal)
    assert "\n" not in refusal


@pytest.mark.skipif(os.name != "posix", reason="measured with getrusage")
@pytest.mark.parametrize(
    ("content", "loader", "words"),
    [
        (b'{"version": 1, "name": [' + b"[]," * 10**7 + b"1]}", "load", "times ["),
        (b'{"version": 1, "name": {' + b'"a":1,' * 10**6 + b'"b":1}}', "load", "times :"),
        (b'{"version": 1, "name": [' + b"1.5," * 2 * 10**6 + b"1]}", "load", "name: [1.5, 1.5,"),
        (b"[" * 90_000, "load", "deeply nested"),
        (b'{"a":' * 90_000, "load", "deeply nested"),
        (b'"a\n",' * 5 * MB, "from_file", "row 1"),
        (b"7," * 15 * MB, "from_file", "row 1"),
        ((b"12," * 499 + b"34\n") * 20_000, "from_file", "row 8001"),
        (b"a,b,c\n" + b"7," * 15 * MB, "table", "row 2 has more"),
        (b'a,b,c\n1,2,"' + b"7\n" * 15 * MB, "table", "row 2 has more"),
        (b"7," * 15 * MB, "table", "row 1 has more"),
    ],
)
def test_what_swells_is_refused_in_little_memory(tmp_path: Path, content: bytes, loader: str, words: str) -> None:
    (tmp_path / "swelling").write_bytes(content)
    taken, refusal = megabytes(tmp_path / "swelling", loader)
    assert words in refusal and len(refusal) < 500
    assert taken < 20 * len(content) / MB + 10


def test_a_table_with_too_many_rows_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "MAX_ROWS", 5)
    (tmp_path / "t.csv").write_text("a,b,c\n" + "1,2,x\n" * 4 + ",,\n1,2,x\n")
    with pytest.raises(InputError, match=r"data\.path.*row 7 is one too many"):
        table(tmp_path / "t.csv").check()


def table(path: Path) -> Table:
    return Table(path=str(path), x1="a", x2="b", target="c")


# Tables -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a,b,c\n1,\x002,x\n", "row 2 has a zero byte"),
        ("a,b,c\n1,2,x\n".encode("utf-16"), "codec"),
        (b"a,b,c\n1,2,\xe9\n", "codec"),
        (b"a,b,c\n1,2\n1,2,x,y\n,,,,\n", None),
        (b"a,b,c\r1,2,x\r", None),
        (b"\xef\xbb\xbfa,b,c\n1,2,x\n", None),
    ],
)
def test_a_table_of_an_experiment_is_read_or_refused(tmp_path: Path, content: bytes, words: str | None) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    if words is None:
        table(tmp_path / "t.csv").check()
    else:
        with pytest.raises(InputError, match=rf"data\.path.*{words}"):
            table(tmp_path / "t.csv").check()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
def test_pipes_and_devices_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        with pytest.raises(InputError, match=r"data\.path.*no folder, pipe or device"):
            table(path).check()
    with pytest.raises(InputError, match="readable text file"):
        from_file(Path("/dev/zero"))
    with pytest.raises(InputError, match="readable text file"):
        from_file(tmp_path / "pipe")


def test_reading_says_how_far_it_is_and_can_be_stopped(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b,c\n" + "1,2,x\n" * 9_999)
    told: list[tuple[int, int]] = []
    from_file(tmp_path / "t.csv", progress=lambda done, of: told.append((done, of)))
    assert told[0] == (0, 60_000) and told[-1] == (60_000, 60_000)
    assert [done for done, _ in told] == sorted(done for done, _ in told) and len(told) > 5

    def stop(done: int, of: int) -> None:
        if done > of / 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        from_file(tmp_path / "t.csv", progress=stop)


# Experiments ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"\xef\xbb\xbf" + b'{"version": 1}', None),
        ('{"version": 1, "name": "é"}'.encode("utf-16"), None),
        ('{"version": 1, "name": "é"}'.encode("latin-1"), "experiment.*no JSON"),
        ('\ufeff{"version": 1}', "experiment.*BOM"),
        (b'{"version": 1, "seed": ' + b"9" * 10_000 + b"}", "experiment.*4300 digits"),
        (b'{"version": 1, "seed": 99999999999999999999999999}', "^seed"),
        (b'{"version": 1, "bias": 1e999}', "^bias.*finite"),
        (b'{"version": 1, "bias": NaN}', "^bias.*finite"),
        (b'{"version": 1, "seed": 1, "seed": 2}', "^seed.*once"),
        (b'{"version": 1, "future": 1}', "^future.*only the fields"),
        (b'{"version": 2}', "^version.*newer"),
        (b'{"version": 1, "name": "' + b"n" * 10_000 + b'"}', "^name.*at most 1,000 characters"),
        (b'{"version": 1, "layers": [' + b'{"units": 4096},' * 9 + b'{"units": 1}]}', "^layers: '134,230,016 weights'"),
        (b'{"version": 1, "layers": [{"id": "' + b"n" * 10_000 + b'"}]}', r"^layers\[0\]\.id"),
        (b'{"version": 1, "data": {"kind": "table", "path": "a\\u0000b"}}', r"^data\.path"),
        (b'{"version": 1}\x00', "experiment.*no JSON"),
        (b'{"version": 1', "experiment.*no JSON"),
        (b"\x80\x04N.", "experiment.*no JSON"),
    ],
)
def test_an_experiment_is_read_or_refused_with_its_place(text: str | bytes, words: str | None) -> None:
    if words is None:
        from_text(text)
    else:
        with pytest.raises(InputError, match=words) as refused:
            from_text(text)
        assert len(str(refused.value)) < 600 and "\n" not in str(refused.value)


def test_the_most_points_that_may_be_are_read_again_however_they_are_written() -> None:
    worst, count = (-1.2345678901234567e-100,), 1000
    values = dict.fromkeys(("x1", "x2", "target"), worst * count)
    marks = {"train": (True, *(False,) * (count - 1)), "test": (False,) * count}
    text = to_text(Experiment(data=UserPoints(**values, **marks, task="regression")))
    times = MAX_ROWS // count
    assert from_text(text).data.size == count
    assert times * len(text) < MAX_FILE_BYTES
    for sign, most in MOST_OF.items():
        assert sign in "[{:" or times * text.count(sign) < most
    with pytest.raises(InputError, match=r"data\.x1: '1,000,001 points'"):
        UserPoints(x1=(0.0,) * (MAX_ROWS + 1)).check()


def test_names_may_be_long_but_not_without_end() -> None:
    check(Experiment(name="n" * MAX_NAME))
    with pytest.raises(InputError, match="name"):
        check(Experiment(name="n" * (MAX_NAME + 1)))


def test_the_file_that_is_refused_is_named(tmp_path: Path) -> None:
    (tmp_path / "e.json").write_bytes(b"[" * 200_000)
    with pytest.raises(InputError, match=r"e\.json: '200,000 times \['"):
        load(tmp_path / "e.json")


# Weights ----------------------------------------------------------------------------------------------------------


def npy(values: Any) -> bytes:
    return bytes(FUZZ.one_array(np.asarray(values)))


def headed(header: str, data: bytes = b"", version: bytes = b"\x01\x00") -> bytes:
    """An array as a file with this header, which may lie."""
    text = header.encode("latin-1") + b"\n"
    length = struct.pack("<H" if version == b"\x01\x00" else "<I", len(text))
    return b"\x93NUMPY" + version + length + text + data


def described(shape: str, kind: str = "'<f4'") -> str:
    return f"{{'descr': {kind}, 'fortran_order': False, 'shape': {shape}, }}"


def archive(members: list[tuple[str, bytes]], method: int = zipfile.ZIP_STORED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as zipped:
        for name, data in members:
            zipped.writestr(name, data)
    return content.getvalue()


def one(data: bytes) -> bytes:
    return archive([("W0.npy", data)])


def overlapping() -> bytes:
    """Many members that are all the same bytes."""
    data = npy(np.zeros(2**16))
    content = bytearray(one(data))
    directory, end = content.index(b"PK\x01\x02"), content.index(b"PK\x05\x06")
    entry, tail = bytes(content[directory:end]), bytearray(content[end:])
    entries = [entry.replace(b"W0.npy", b"W%d.npy" % k) for k in range(9)]
    tail[8:12] = struct.pack("<HH", 9, 9)
    tail[12:16] = struct.pack("<I", sum(map(len, entries)))
    return bytes(content[:directory]) + b"".join(entries) + bytes(tail)


def endless_directory() -> bytes:
    """A list of members that says that it has a gigabyte."""
    content = bytearray(one(npy([1.0])))
    end = content.index(b"PK\x05\x06")
    content[end + 12 : end + 16] = struct.pack("<I", 2**20)
    content[end:end] = bytes(2**20)
    return bytes(content)


def larger_than_it_is() -> bytes:
    """A member that says that it has four times the bytes that there are."""
    content = bytearray(one(headed(described("(4096,)"), bytes(16))))
    size = struct.unpack_from("<I", content, 22)[0]
    for place in (22, content.index(b"PK\x01\x02") + 24):
        struct.pack_into("<I", content, place, size - 16 + 4 * 4096)
    return bytes(content)


HOSTILE_WEIGHTS: dict[str, tuple[Callable[[], bytes], str]] = {
    "pickle": (lambda: pickle.dumps({"W0": [1.0]}), "readable .npz"),
    "an array of objects": (lambda: one(headed(described("(1,)", "'|O'"), pickle.dumps([1]))), "W0: 'type object'"),
    "records": (lambda: one(headed(described("(1,)", "[('a', '<f4')]"), bytes(4))), "W0.*real numbers"),
    "arrays in an array": (lambda: one(headed(described("(1,)", "('<f4', (10000000000,))"), bytes(4))), "npz"),
    "complex numbers": (lambda: one(npy([1j])), "W0: 'type complex128'"),
    "texts": (lambda: one(npy(["a"])), "W0: 'type <U1'"),
    "a shape of terabytes": (lambda: one(headed(described("(1000000000000,)"), bytes(8))), "W0: 'shape.*the 8 bytes"),
    "a shape that is too small": (lambda: one(headed(described("(1,)"), bytes(8))), "W0: 'shape"),
    "a shape below zero": (lambda: one(headed(described("(-2, -1)"), bytes(8))), "W0: 'shape"),
    "a shape of nothing, endless": (lambda: one(headed(described("(0, 10**40)"))), "npz"),
    "a header that is code": (lambda: one(headed("__import__('os').abort()")), "npz"),
    "a header without end": (lambda: one(headed("(" * 60_000)), "W0: 'a header of 60,001 bytes'"),
    "a deep header": (lambda: one(headed("-" * 900 + "1")), "npz"),
    "a header longer than the file": (lambda: one(b"\x93NUMPY\x01\x00\xff\x03{}"), "npz"),
    "another version": (lambda: one(headed(described("(1,)"), bytes(4), b"\x02\x00")), "W0: 'version 2.0"),
    "no array": (lambda: one(b"GIF89a" * 10), "npz"),
    "another file": (lambda: archive([("../W0.txt", b"")]), "ends with .npy"),
    "a zip bomb": (lambda: archive([("W0.npy", npy(np.zeros(10**7)))], zipfile.ZIP_DEFLATED), "bytes unpacked"),
    "another packing": (lambda: archive([("W0.npy", npy([1.0]))], zipfile.ZIP_LZMA), "stored or deflated"),
    "too many": (lambda: archive([(f"W{k}.npy", b"") for k in range(MAX_ARRAYS + 1)]), "1,001 arrays|list of members"),
    "one on another": (overlapping, "[Oo]verlap"),
    "a list of members without end": (endless_directory, "list of members of 1,048,576 bytes"),
    "less than it says": (larger_than_it_is, "npz"),
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("kind", HOSTILE_WEIGHTS)
def test_hostile_weights_are_refused(tmp_path: Path, kind: str) -> None:
    make, words = HOSTILE_WEIGHTS[kind]
    (tmp_path / "w.npz").write_bytes(make())
    with pytest.raises(InputError, match=words) as refused:
        load_weights(tmp_path / "w.npz")
    assert "w.npz" in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_stands_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "w.npz").write_bytes(archive([("W0.npy", npy([1.0])), ("W0.npy", npy([2.0]))]))
    with pytest.raises(InputError, match="a name of its own"):
        load_weights(tmp_path / "w.npz")


@pytest.mark.skipif(os.name != "posix", reason="measured with getrusage")
def test_a_bomb_takes_little_memory(tmp_path: Path) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = b"".join([packer.compress(bytes(MB)) for _ in range(500)]) + packer.flush()
    content = bytearray(archive([("W0.npy", b"")], zipfile.ZIP_DEFLATED))
    start = content.index(b"W0.npy") + 6
    content[start : content.index(b"PK\x01\x02")] = data
    directory = content.index(b"PK\x01\x02")
    struct.pack_into("<II", content, directory + 20, len(data), 500 * MB)
    struct.pack_into("<I", content, content.index(b"PK\x05\x06") + 16, directory)
    (tmp_path / "bomb.npz").write_bytes(content)
    taken, refusal = megabytes(tmp_path / "bomb.npz", "load_weights")
    assert taken < 10 and "524,288,000 bytes unpacked" in refusal


def test_weights_of_every_order_type_and_packing_are_read(tmp_path: Path) -> None:
    given = {
        "W0": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "b0": np.arange(3, dtype=">f4"),
        "W1": np.zeros((0, 3), np.float32),
        "b1": np.array(7, dtype=np.int16),
        "W2": np.zeros((1000, 1000), np.float32),
    }
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "w.npz", **given)
        read = load_weights(tmp_path / "w.npz")
        assert list(read) == list(given)
        for name, values in given.items():
            np.testing.assert_array_equal(read[name], values)
            assert read[name].shape == values.shape and read[name].dtype == values.dtype
            read[name].flags.writeable or pytest.fail(f"{name} can't be written to")


def test_limits_are_there_to_be_met(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.savez(tmp_path / "w.npz", W0=np.ones(100))
    monkeypatch.setattr(weights, "MAX_BYTES", 800)
    with pytest.raises(InputError, match=r"928 bytes unpacked"):
        load_weights(tmp_path / "w.npz")
    (tmp_path / "t.csv").write_bytes(b"1,2\n" * MB)
    monkeypatch.setattr(tables, "MAX_BYTES", 4 * MB)
    with pytest.raises(InputError, match=r"200,000 rows"):
        from_file(tmp_path / "t.csv")
