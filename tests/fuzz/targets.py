"""What is fuzzed: every way in for bytes from strangers, which have to be read or refused.

A target takes bytes and returns if they were. Any exception is a finding, as are much time and memory.
"""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from playground.catalog.choice import InputError
from playground.catalog.datasets import Table, sample
from playground.experiment import Experiment, convert, from_text, parsed, to_text
from playground.interop import tables, tfplayground
from playground.interop.document import MAGIC, VERSION, from_bytes, to_bytes
from playground.interop.weights import load_weights


def experiment(content: bytes) -> None:
    """An experiment file, of the present version unless it says another."""
    with suppress(InputError):
        raw = parsed(content, "experiment")
        written_again(convert({"version": 1, **raw} if isinstance(raw, dict) else raw))


def written_again(read: Experiment) -> None:
    """What was accepted can be saved, and comes back."""
    assert from_text(to_text(read)) == read


def weights(content: bytes) -> None:
    """A weight file."""
    with file(content, "w.npz") as path, suppress(InputError):
        for values in load_weights(path).values():
            assert values.dtype.kind in "fiu" and values.size * values.itemsize == values.nbytes


def array(content: bytes) -> None:
    """One array in a weight file whose archive is as it should be."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("W0.npy", content)
    weights(archive.getvalue())


def table(content: bytes) -> None:
    """A file that is imported, and all that becomes of it."""
    with file(content, "t.csv") as path, suppress(InputError):
        sheet = tables.from_file(path)
        tables.own_points(sheet)
        dataset, _ = tables.data_set(sheet, tables.guess(sheet))
        dataset.check()
        assert np.isfinite(sample(dataset).x).all()


def named_table(content: bytes) -> None:
    """A table that an experiment names, which takes its first three columns."""
    with file(content, "t.csv") as path, suppress(InputError):
        first = content.partition(b"\n")[0].decode(errors="replace").removeprefix("\ufeff")
        x1, x2, target = (*(name.strip('"\r') for name in first.split(",")), "x1", "x2", "target")[:3]
        named = Table(path=str(path), x1=x1, x2=x2, target=target)
        named.check()
        assert np.isfinite(sample(named).x).all()


def link(content: bytes) -> None:
    """A link of playground.tensorflow.org."""
    with suppress(InputError):
        opened = tfplayground.experiment_of(f"https://{tfplayground.HOST}/#{content.decode(errors='replace')}")
        written_again(opened.experiment)
        with suppress(tfplayground.NoLinkError):
            plain = tfplayground.link_of(opened.experiment)
            assert tfplayground.link_of(tfplayground.experiment_of(plain).experiment) == plain


def document(content: bytes) -> None:
    """A document."""
    with suppress(InputError):
        to_bytes(from_bytes(content, "document"))


def record(content: bytes) -> None:
    """What stands in a document behind a checksum that fits."""
    document(b"".join([MAGIC, str(VERSION).encode(), b"\n", hashlib.sha256(content).digest(), content]))


@contextmanager
def file(content: bytes, name: str) -> Iterator[Path]:
    """Bytes as a file of this name, for a while."""
    with TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        yield path


TARGETS: dict[str, Callable[[bytes], None]] = {
    target.__name__: target for target in (experiment, weights, array, table, named_table, link, document, record)
}


# Where fuzzing starts ---------------------------------------------------------------------------------------------

ROOT = Path(__file__).parents[2]
TEXTS = (
    b"x1,x2,label,split\n1.5,2,A,train\n-3,4e-1,B,test\n",
    b'sep=;\n"a";"b";"c"\n"1,5";2,25;"x ""y"""\n;1;z\n',
    b"a,b,c\n1,2,3.5\n4,5,-1e300\nNA,1,2\n",
    b"1 2  red\n3 4\tblue\n",
    "\ufeffé\t−1\t2\r\n1\u00a0000\t3\t4\r".encode("utf-16"),
    "\ufeffx,y,class\n1,2,α\n3,4,β".encode(),
    b"x|y|v|class\n\xe9|1|2|3\n",
)
LINKS = (
    b"activation=relu&batchSize=10&dataset=spiral&regDataset=reg-plane&learningRate=0.03&regularizationRate=0.001"
    b"&noise=25&networkShape=8,8&seed=0.21709&percTrainData=50&x=true&y=true&xTimesY=false&problem=classification"
    b"&initZero=false&regularization=L1&discretize=true",
    b"problem=regression&regDataset=reg-gauss&networkShape=&seed=%C3%A9&batchSize=-1.5&noise=1e2",
)


def starts(target: str) -> list[bytes]:
    """Good examples of what a target takes."""
    presets = [path.read_bytes() for path in sorted((ROOT / "resources" / "presets").glob("*.json"))]
    documents = [path.read_bytes() for path in sorted((ROOT / "tests" / "interop" / "documents").iterdir())]
    arrays = [one_array(np.zeros((2, 3), kind)) for kind in ("<f4", ">f8", "i2", "?", "U3")]
    return {
        "experiment": presets,
        "weights": [archived(np.savez), archived(np.savez_compressed)],
        "array": arrays,
        "table": [*TEXTS, (ROOT / "resources" / "data" / "penguins.csv").read_bytes()[:2000]],
        "named_table": list(TEXTS),
        "link": list(LINKS),
        "document": documents,
        "record": [document.partition(b"\n")[2][32:] for document in documents],
    }[target]


def one_array(values: np.ndarray) -> bytes:
    """An array as a member of a weight file."""
    content = io.BytesIO()
    np.save(content, values, allow_pickle=False)
    return content.getvalue()


def archived(save: Callable[..., None]) -> bytes:
    """A weight file."""
    content = io.BytesIO()
    save(content, W0=np.ones((2, 3), np.float32), b0=np.zeros(2))
    return content.getvalue()
