"""Fuzzes what reads strangers' bytes, with atheris: `python tests/fuzz/run.py --seconds 60 experiment table …`.

One target after the other, each in a process of its own. What is found goes to tests/interop/hostile/TARGET/, where
the tests try it from then on; what led there is kept in .fuzz/TARGET/ and is where the next run begins.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import atheris
import msgspec

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "fuzz")]
with atheris.instrument_imports(include=["playground"]):
    from targets import TARGETS, starts

FOUND, KEPT = ROOT / "tests" / "interop" / "hostile", ROOT / ".fuzz"
ODD = (
    None, True, False, 0, -1, 2**53, 2**63, 0.5, -0.0, 1e308, 5e-324, float("nan"), float("inf"), "", "x", "\x00",
    "tanh", "table", "points", "/dev/null", "x" * 300, [], [[]], {}, {"kind": "points"}, [0] * 50, [1e9, -1e9],
)  # fmt: skip
"""Values to put in the place of others."""
CODECS: dict[str, tuple[Callable[[bytes], Any], Callable[[Any], bytes]]] = {
    "experiment": (json.loads, lambda value: json.dumps(value).encode()),
    "record": (msgspec.msgpack.decode, msgspec.msgpack.encode),
}
"""How to take apart what has a structure, so that its values can be tried and not only its letters."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}; all if none is named")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.here:
        fuzz(chosen.targets[0], chosen.seconds)
    found = []
    for target in chosen.targets or TARGETS:
        print(f"{target}: {chosen.seconds} seconds", flush=True)
        command = [sys.executable, __file__, "--here", "--seconds", str(chosen.seconds), target]
        if subprocess.run(command).returncode:
            found.append(target)
    print(f"findings in {', '.join(found)}" if found else "nothing found")
    return int(bool(found))


def fuzz(target: str, seconds: int) -> None:
    """Try one target, in this process, which ends with it."""
    kept, found = KEPT / target, FOUND / target
    for folder in (kept, found):
        folder.mkdir(parents=True, exist_ok=True)
    for start in starts(target):
        (kept / hashlib.sha1(start).hexdigest()).write_bytes(start)
    flags = [
        f"-max_total_time={seconds}", f"-artifact_prefix={found}/", "-timeout=20", "-rss_limit_mb=2048",
        "-max_len=65536", "-print_final_stats=1", "-verbosity=0",
    ]  # fmt: skip
    mutator = {"custom_mutator": mutated(*CODECS[target])} if target in CODECS else {}
    atheris.Setup([sys.argv[0], *flags, str(kept), str(found)], TARGETS[target], **mutator)
    atheris.Fuzz()


def mutated(read: Callable[[bytes], Any], write: Callable[[Any], bytes]) -> Callable[[bytes, int, int], bytes]:
    """A way to change some bytes: mostly one value in them, else the bytes themselves."""

    def mutate(content: bytes, longest: int, seed: int) -> bytes:
        chance = random.Random(seed)
        try:
            value = read(content)
            for _ in range(chance.randint(1, 3)):
                change_one(value, chance)
            changed = write(value)
        except (ValueError, TypeError, OverflowError, RecursionError, msgspec.MsgspecError):
            changed = b""
        if not changed or len(changed) > longest or chance.random() < 0.2:
            return atheris.Mutate(content, longest)
        return changed

    return mutate


def change_one(value: Any, chance: random.Random) -> None:
    """Change one thing in a tree of lists and dicts: remove it, double it, or put another in its place."""
    places = [(branch, key) for branch in branches(value) for key in keys(branch)]
    if not places:
        return
    branch, key = chance.choice(places)
    others = [other[name] for other, name in places]
    match chance.randrange(6):
        case 0:
            del branch[key]
        case 1 if isinstance(branch, list):
            branch.insert(key, branch[key])
        case 1 | 2:
            branch[key] = chance.choice(others)
        case 3 if isinstance(branch[key], str | bytes):
            branch[key] = branch[key][: chance.randint(0, len(branch[key]))]
        case 4 if isinstance(branch[key], int | float):
            branch[key] = branch[key] * chance.choice((-1, 2, 10, 1000)) + chance.choice((0, 1, -1))
        case _:
            branch[key] = chance.choice(ODD)


def branches(value: Any) -> list[Any]:
    """All lists and dicts in a tree, itself included."""
    if not isinstance(value, list | dict):
        return []
    inner = value.values() if isinstance(value, dict) else value
    return [value, *(branch for one in inner for branch in branches(one))]


def keys(branch: Any) -> list[Any]:
    """Where something stands in a list or dict."""
    return list(branch) if isinstance(branch, dict) else list(range(len(branch)))


if __name__ == "__main__":
    sys.exit(main())
