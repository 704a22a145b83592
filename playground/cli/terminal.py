"""Terminal handling for commands: streams that can't fail, Ctrl-C, numbers in options, and checks of output files."""

from __future__ import annotations

import argparse
import codecs
import errno
import os
import signal
import stat
import sys
import tempfile
import threading
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

from playground.catalog.choice import listing
from playground.experiment.quantity import Number, Quantity
from playground.files.atomic import file_stamp
from playground.files.errors import InputError, reason_of
from playground.files.names import says_other_format

_PLAIN = {
    "≥": ">=", "≤": "<=", "−": "-", "–": "-", "→": "->", "←": "<-", "×": "x", "·": "-", "…": "...", "√": "sqrt",
    "η": "eta", "λ": "lambda", "ε": "epsilon", "β": "beta", "γ": "gamma", "δ": "delta", "σ": "sigma", "Σ": "Sum",
    "∂": "d", "“": '"', "”": '"', "’": "'", "⊙": "*", "∞": "infinity",
}  # fmt: skip
"""Replacements for characters that a code page lacks."""


# Streams --------------------------------------------------------------------------------------------------------


def make_streams_patient() -> None:
    """Keep printing from ending the program, whether a code page lacks characters or a pipe is closed."""
    codecs.register_error("plain", _replace_characters)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            # The stream was closed before the program began.
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(stream, _Patient):
            continue
        else:
            with suppress(AttributeError, ValueError):
                stream.reconfigure(errors="plain")
            setattr(sys, name, _Patient(stream))


def _replace_characters(error: UnicodeError) -> tuple[str, int]:
    """Replace characters that an encoding lacks by plain ones or question marks (an error handler of `codecs`)."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    signs = error.object[error.start : error.end]
    return "".join(_plain_sign(sign) for sign in signs), error.end


def _plain_sign(sign: str) -> str:
    return _PLAIN.get(sign) or unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode() or "?"


_FULL = {errno.ENOSPC, errno.EFBIG, errno.EIO, getattr(errno, "EDQUOT", errno.ENOSPC)}
"""Errors of a file that output is redirected to. All others mean that nobody reads any more."""


def check_output_is_written() -> None:
    """Raise OSError if some of what was printed is lost because a disk is full."""
    sys.stdout.flush()
    fault = sys.stdout.fault if isinstance(sys.stdout, _Patient) else None
    if fault is not None:
        raise OSError(fault.errno, fault.strerror, "standard output")


class _Patient:
    """A text stream that drops its output once the other end is closed, and remembers a full disk."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.fault: OSError | None = None
        """The error of a full disk."""

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write a text, or drop it if the other end is closed."""
        try:
            return self._stream.write(text)
        except (OSError, ValueError) as error:
            self._give_up(error)
            return len(text)

    def flush(self) -> None:
        """Flush what was written."""
        try:
            self._stream.flush()
        except (OSError, ValueError) as error:
            self._give_up(error)

    def _give_up(self, error: OSError | ValueError) -> None:
        """Redirect the stream to the null device, so that the interpreter can flush it at exit."""
        if isinstance(error, OSError) and error.errno in _FULL:
            self.fault = error
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


# Interrupts -----------------------------------------------------------------------------------------------------


@contextmanager
def interrupts_noted() -> Iterator[Callable[[], bool]]:
    """Record the first Ctrl-C without raising it, so that work can end at a suitable moment; a second one is raised.

    Yields a function that tells whether there was one.
    """
    noted = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield noted.is_set
        return
    before = signal.getsignal(signal.SIGINT)

    def note(number: int, frame: object) -> None:
        noted.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, note)
    try:
        yield noted.is_set
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def seconds_shown(words: str) -> Iterator[None]:
    """Print on stderr what takes long; on a terminal, keep showing the seconds that have passed."""
    stream = sys.stderr
    if not stream.isatty():
        print(words, file=stream)
        yield
        return
    ended, started = threading.Event(), time.monotonic()

    def count() -> None:
        while not ended.wait(0.5):
            stream.write(f"\r{words} {time.monotonic() - started:.0f} s")
            stream.flush()

    counter = threading.Thread(target=count, daemon=True)
    counter.start()
    try:
        yield
    finally:
        ended.set()
        counter.join()
        stream.write(f"\r{words} {time.monotonic() - started:.0f} s\n")


# Numbers --------------------------------------------------------------------------------------------------------


def number_option(quantity: Quantity, allowed: str = "") -> Callable[[str], Any]:
    """Return a function that parses the number in an option; its error for another text says what is `allowed`."""

    def read(text: str) -> Number:
        try:
            return quantity.read(text)
        except ValueError as error:
            reading = "" if str(error).startswith("Must be") else f": {str(error).rstrip('.')}"
            words = f"must be {allowed or quantity.allowed} (got {text!r}){reading}"
            raise argparse.ArgumentTypeError(words) from None

    return read


# Outputs --------------------------------------------------------------------------------------------------------


def check_outputs(
    outputs: Mapping[str, tuple[str | None, str]], inputs: Mapping[str, str | None], *, uses_stdout: bool = False
) -> None:
    """Raise InputError for an output file that can't be written, before any time is spent.

    `outputs` gives for each option the path and the extension of its format; `inputs` are the files that are read,
    which must not be overwritten. With `uses_stdout`, the result takes standard output.
    """
    taken = {_identity(path): name for name, path in inputs.items() if path and file_stamp(Path(path))}
    for option, (path, suffix) in outputs.items():
        if path is None:
            continue
        check_output(option, path, suffix)
        if uses_stdout and _is_stdout(path):
            raise InputError(option, path, "a file; the result itself goes to standard output")
        here = _identity(path)
        if here in taken:
            raise InputError(option, path, f"a file other than that of {taken[here]}")
        if not _is_device(path):
            taken[here] = option


def check_output(option: str, path: str, suffix: str) -> None:
    """Raise InputError for a file that can't be written, or that has the extension of a format other than `suffix`."""
    target = Path(path)
    if suffix and says_other_format(target, suffix):
        raise InputError(option, path, f"a name that ends in {suffix}")
    if target.is_dir():
        raise InputError(option, path, "a file, not a folder")
    if _is_device(path):
        return
    folder = target.resolve().parent
    if not folder.is_dir():
        raise InputError(option, path, "a file in a folder that exists")
    try:
        with tempfile.TemporaryFile(dir=folder) as trial:
            trial.write(b"\0" * 4096)
            trial.flush()
    except OSError as error:
        raise InputError(option, path, f"a file in a folder that can be written to ({reason_of(error)})") from error


def _identity(path: str) -> object:
    """The identity of a file, equal for all paths to it."""
    try:
        found = Path(path).stat()
    except OSError:
        return os.path.realpath(path)
    return found.st_dev, found.st_ino


def _is_device(path: str) -> bool:
    try:
        return not stat.S_ISREG(Path(path).stat().st_mode)
    except OSError:
        return False


def _is_stdout(path: str) -> bool:
    try:
        return os.path.samestat(Path(path).stat(), os.fstat(1))
    except OSError:
        return False


def near_command(word: str, commands: Mapping[str, object]) -> str:
    """A hint at the command closest to a mistyped word, to append to a message; empty if none is close."""
    import difflib

    near = difflib.get_close_matches(word, commands, 1, 0.6)
    return f"; did you mean the command {listing(near)}?" if near else ""
