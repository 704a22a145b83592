"""Looks for bytes that break a promise of a loader: `python tests/fuzz/fuzz.py [TARGET …] [--seconds S]`.

Every target runs in a process of its own, guided by what the bytes reach in the loaders' code (Atheris, which knows no
Windows). A finding is written to `.fuzz/TARGET/found/`; once understood it goes to `tests/interop/hostile/TARGET/`.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
CORPUS = ROOT / ".fuzz"
NAMES = ("experiment", "document", "weights", "table", "import", "link")
INSTRUMENTED = [
    "playground.catalog",
    "playground.experiment",
    "playground.files",
    "playground.interop",
    "playground.run",
    "playground.storage",
    "zipfile",
]
LIMITS = ["-timeout=20", "-rss_limit_mb=2048", "-print_final_stats=1", "-max_len=20000", "-use_value_profile=1"]
TELLING = [
    *(0, 1, -1, 2, 10**9, 2**31, 2**53, 2**63 - 1, -(2**63), 0.5, -0.0, 1e308, math.nan, math.inf),
    *("", "\ud800", "A", None, True, False, b"", [], {}),
]


def main() -> int:
    """Run all targets that are asked for, side by side."""
    parser = argparse.ArgumentParser(description="Look for input that breaks a loader.")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(NAMES)} (default: all)")
    parser.add_argument("--seconds", type=int, default=600, help="how long (default: 600)")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.here:
        look_for_faults(arguments.targets[0], arguments.seconds)
    names = arguments.targets or NAMES
    started = [(name, CORPUS / name, start(name, arguments.seconds)) for name in names]
    failed = 0
    for name, folder, process in started:
        failed += process.wait() != 0
        said = (folder / "log").read_text(errors="replace").splitlines()
        tries = next((line.split()[-1] for line in said if line.startswith("stat::number_of_executed_units")), "0")
        found = list((folder / "found").iterdir())
        print(f"{name:<12} {int(tries):>12,} tries  {len(found)} findings  {'failed' if process.returncode else ''}")
        for file in found:
            print(f"             {file}")
    return min(failed, 1)


def start(name: str, seconds: int) -> subprocess.Popen[bytes]:
    """A process that looks for faults of one loader."""
    folder = CORPUS / name
    for part in ("corpus", "found"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    command = [sys.executable, __file__, name, "--here", "--seconds", str(seconds)]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)


def look_for_faults(name: str, seconds: int) -> None:
    """Feed one loader until the time is over or it fails. Never returns."""
    import atheris

    with atheris.instrument_imports(include=INSTRUMENTED):
        from tests.fuzz import targets
    corpus = CORPUS / name / "corpus"
    for number, seed in enumerate(targets.seeds(name)):
        (corpus / f"seed{number}").write_bytes(seed)
    known = ROOT / "tests" / "interop" / "hostile" / name
    folders = [str(folder) for folder in (corpus, known) if folder.is_dir()]
    options = [*LIMITS, f"-max_total_time={seconds}", f"-artifact_prefix={CORPUS / name / 'found'}/"]
    shape = SHAPES.get(name)
    if shape is None:
        atheris.Setup([sys.argv[0], *options, *folders], targets.TARGETS[name])
    else:
        atheris.Setup([sys.argv[0], *options, *folders], targets.TARGETS[name], custom_mutator=mutator(*shape))
    atheris.Fuzz()


# Changes that keep the shape of a text or record --------------------------------------------------------------------


def mutator(read: Callable[[bytes], Any], write: Callable[[Any], bytes]) -> Callable[[bytes, int, int], bytes]:
    """Changes bytes here and there, or a part of what they say."""

    def change(data: bytes, most: int, seed: int) -> bytes:
        import atheris

        chance = random.Random(seed)
        if chance.random() < 0.3:
            return bytes(atheris.Mutate(data, len(data)))
        try:
            tree = read(data)
            for _ in range(chance.choice([1, 1, 1, 2, 3])):
                tree = changed(tree, chance, tree)
            result = write(tree)
        except (ValueError, RecursionError, OverflowError, TypeError):
            return bytes(atheris.Mutate(data, len(data)))
        return result if len(result) <= most else data

    return change


def changed(tree: Any, chance: random.Random, whole: Any) -> Any:
    """A tree with another value somewhere."""
    if isinstance(tree, dict) and tree and chance.random() < 0.95:
        key = chance.choice(list(tree))
        if chance.random() < 0.05:
            return {other: value for other, value in tree.items() if other != key}
        if chance.random() < 0.03:
            return {**tree, chance.choice(list(tree)): tree[key]}
        return {**tree, key: changed(tree[key], chance, whole)}
    if isinstance(tree, list) and tree and chance.random() < 0.9:
        place = chance.randrange(len(tree))
        how = chance.random()
        if how < 0.1:
            return tree[:place] + tree[place + 1 :]
        if how < 0.2:
            return [*tree, tree[place]]
        return [*tree[:place], changed(tree[place], chance, whole), *tree[place + 1 :]]
    if isinstance(tree, bytes) and chance.random() < 0.9:
        return changed_numbers(tree, chance)
    if isinstance(tree, str) and tree[:1] == "{":
        return json.dumps(changed(json.loads(tree), chance, whole))
    if isinstance(tree, int) and chance.random() < 0.3:
        return tree + chance.choice([-1, 1, 2, 10])
    return chance.choice(TELLING)


def changed_numbers(data: bytes, chance: random.Random) -> bytes:
    """An array with another number somewhere, or of another length."""
    width = chance.choice([1, 4, 8])
    place = chance.randrange(len(data) // width + 1) * width
    if chance.random() < 0.2:
        return data[:place] + bytes(width) + data[place:]
    number = chance.choice([0.0, -1.0, 1e30, 1e308, math.nan, math.inf, 1e-300])
    try:
        new = {1: bytes([chance.randrange(3)]), 4: struct.pack("<f", min(number, 1e38)), 8: struct.pack("<d", number)}[
            width
        ]
    except OverflowError:
        new = bytes(width)
    return data[:place] + new + data[place + width :]


def read_record(data: bytes) -> Any:
    import msgspec

    return msgspec.msgpack.decode(data)


def write_record(tree: Any) -> bytes:
    import msgspec

    return msgspec.msgpack.encode(tree)


SHAPES: dict[str, tuple[Callable[[bytes], Any], Callable[[Any], bytes]]] = {
    "experiment": (json.loads, lambda tree: json.dumps(tree).encode()),
    "document": (read_record, write_record),
}

if __name__ == "__main__":
    sys.exit(main())
