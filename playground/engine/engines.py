"""Choosing the engine: the chosen one if it supports everything in a setup, else the reference."""

from __future__ import annotations

import functools
import sys
from contextlib import suppress
from typing import Literal, TypeAlias

from playground.catalog.choice import kind_of, listing
from playground.engine.compiled import cache
from playground.engine.compiled.engine import Compiled, fallbacks
from playground.engine.compiled.own import are_own_cached, kernels_for, load_own_kernels, own_classes
from playground.engine.engine import ENGINES, Engine, EngineName
from playground.engine.lanes import cache as lanes
from playground.engine.lanes.engine import OneLane, lane_fallbacks
from playground.engine.reference import Reference
from playground.engine.setup import Setup
from playground.files.errors import InputError

ChosenEngine: TypeAlias = EngineName | Literal["auto"]
"""`auto` is the compiled engine where it can be loaded, else the reference."""


def resolve_engine(chosen: ChosenEngine, setup: Setup) -> EngineName:
    """Return the name of the engine to train on, with its kernels loaded or, if necessary, compiled.

    Raises InputError for an unknown name, and UnavailableError if the compiled engine is chosen but can't run.
    """
    if chosen not in ("auto", *ENGINES):
        raise InputError("engine", chosen, f"one of {listing(('auto', *ENGINES))}")
    if chosen == "reference":
        return "reference"
    if chosen == "lanes":
        reasons = lane_fallbacks(setup) or _load_lanes(setup.network.dtype.name)
        if not reasons:
            return "lanes"
        _say_once(f"The compiled engine is used, since lanes can't train this: {listing(reasons)}.")
    precision, own = setup.network.dtype.name, own_classes(setup)
    if precision not in cache.LOADED and not cache.are_cached(precision):
        _say_once(f"{_COMPILING}{_ONCE}; engine='reference' starts immediately.")
    try:
        cache.load_kernels(precision)
    except cache.UnavailableError as error:
        if chosen in ("compiled", "lanes"):
            raise
        _say_once(f"The compiled engine can't be loaded ({error}), so the reference engine is used.")
        return "reference"
    if own and kernels_for(precision, own) is None:
        if not are_own_cached(precision, own):
            _say_once(f"{_COMPILING} with {listing(map(kind_of, own))}{_ONCE}; engine='reference' starts immediately.")
        load_own_kernels(precision, own)
    for reason in fallbacks(setup):
        _say_once(f"The reference engine is used, since the compiled one can't train this: {reason}.")
    return "compiled"


def _load_lanes(precision: str) -> tuple[str, ...]:
    """Load or compile the kernels of lanes; return the reason if that fails."""
    if not lanes.are_ready(precision):
        _say_once(f"Preparing the engine for many networks{_ONCE}.")
    try:
        lanes.load_kernels(precision, say=_say_once)
    except cache.UnavailableError as error:
        return (str(error),)
    return ()


_COMPILING = "Preparing the compiled engine"
_ONCE = ". This takes about a minute, only once on this machine"


@functools.cache
def _say_once(text: str) -> None:
    """Print a sentence for the user, once per process."""
    with suppress(OSError, ValueError, AttributeError):
        print(text, file=sys.stderr, flush=True)


def engine_for(setup: Setup, chosen: EngineName, present: Engine | None = None) -> Engine:
    """Return an engine ready for a setup: the `present` one, prepared again, if it is of the right kind.

    Kernels for another precision than before are used if they have been compiled.
    """
    if chosen == "lanes" and not lane_fallbacks(setup) and lanes.are_ready(setup.network.dtype.name):
        if isinstance(present, OneLane):
            present.prepare(setup)
            return present
        return OneLane(setup)
    if chosen in ("compiled", "lanes"):
        precision = setup.network.dtype.name
        own = own_classes(setup)
        cache.load_cached_kernels(precision)
        if own and are_own_cached(precision, own):
            load_own_kernels(precision, own)
        kernels = kernels_for(precision, own)
        if kernels is not None:
            if isinstance(present, Compiled) and present.own == own:
                present.prepare(setup)
                return present
            return Compiled(kernels, setup)
    if isinstance(present, Reference):
        present.prepare(setup)
        return present
    return Reference(setup)
