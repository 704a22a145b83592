"""Kernels for classes from outside the catalog: those of the catalog compiled again, with these formulas included.

They are compiled when they are first needed, and kept in a folder of their own, named by a hash of their formulas. What
Numba can't compile stays with the reference engine.
"""

from __future__ import annotations

import hashlib
import inspect
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from playground.catalog.activations import Activation
from playground.catalog.choice import Choice, is_foreign, kind_of
from playground.catalog.losses import Loss
from playground.catalog.optimizers import Optimizer
from playground.catalog.regularizers import Regularizer
from playground.engine.compiled import cache, layout
from playground.engine.setup import Setup

OwnClasses = tuple[type[Choice], ...]

_FORMULAS = {
    Activation: ("value_of", "derivative_of"),
    Loss: ("value_of", "derivative_of"),
    Optimizer: ("constants", "update"),
    Regularizer: ("gradient_of",),
}
"""The formulas of each family that are compiled."""

_LOADED: dict[tuple[str, OwnClasses], ModuleType] = {}
"""Kernels by precision and the classes that they were made for."""
_MODULES: dict[OwnClasses, ModuleType] = {}
FAILED: dict[tuple[str, OwnClasses], str] = {}
"""Why there are no kernels for some classes."""


def own_classes(setup: Setup) -> OwnClasses:
    """Return the classes from outside the catalog whose formulas a setup needs, each once, in alphabetical order."""
    network = setup.network
    chosen: list[Choice] = [network.loss, setup.training.optimizer]
    for layer in network.layers:
        chosen += [layer.activation, layer.regularizer, layer.normalization]
    return tuple(sorted({type(choice) for choice in chosen if is_foreign(type(choice))}, key=kind_of))


def kernels_for(precision: str, own: OwnClasses) -> ModuleType | None:
    """Return the loaded kernels for some classes in this precision; None if they are not loaded."""
    if not own:
        return sys.modules[cache.KERNELS] if precision in cache.LOADED else None
    return _LOADED.get((precision, own))


def are_own_cached(precision: str, own: OwnClasses) -> bool:
    """Whether the kernels for some classes are cached, so that loading them takes only about a second."""
    try:
        return (_folder(own) / precision).exists()
    except _CANNOT:
        return False


def load_own_kernels(precision: str, own: OwnClasses) -> None:
    """Load or compile the kernels for some classes; if that fails, `FAILED` holds the reason."""
    if (precision, own) in _LOADED or (precision, own) in FAILED:
        return
    try:
        for member in own:
            _refuse_too_many(member)
            _compile_alone(member, np.dtype(precision))
        folder = _folder(own)
        folder.mkdir(parents=True, exist_ok=True)
        if own not in _MODULES:
            with cache.LOADING:
                _MODULES[own] = _fresh_kernels(folder, own)
        cache.warm_up(_MODULES[own], np.dtype(precision))
        (folder / precision).touch()
        _LOADED[precision, own] = _MODULES[own]
    except Exception as error:  # whatever Numba makes of a formula
        FAILED[precision, own] = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"


_CANNOT = (OSError, TypeError, AttributeError)
"""What reading the source of a formula raises where there is none."""


def _folder(own: OwnClasses) -> Path:
    """Return the cache folder for some classes. Raises one of `_CANNOT` if a source can't be read."""
    made_of = hashlib.sha256()
    for member in own:
        for formula in _formulas_of(member):
            made_of.update(f"{kind_of(member)} {getattr(member, 'slots', ())} ".encode())
            made_of.update(_source_of(formula, set()).encode())
    return cache.cache_folder() / f"own-{made_of.hexdigest()[:16]}"


def _formulas_of(member: type[Choice]) -> list[Callable[..., Any]]:
    return [
        getattr(member, name) for family, names in _FORMULAS.items() if issubclass(member, family) for name in names
    ]


def _source_of(formula: Callable[..., Any], seen: set[str]) -> str:
    """Return the source of a formula and of everything it refers to."""
    text = inspect.getsource(formula)
    for name in sorted(set(formula.__code__.co_names) - seen):
        value = formula.__globals__.get(name)
        if inspect.isfunction(value):
            text += _source_of(value, seen | {name})
        elif isinstance(value, (int, float, tuple)):
            text += f"{name} = {value!r}"
    return text


def _refuse_too_many(member: type[Choice]) -> None:
    """Raise ValueError for a class with more settings or memory than the records hold."""
    if not _formulas_of(member):
        raise ValueError("its family has no formulas")
    if len(member.__struct_fields__) > layout.MOST_SETTINGS:
        raise ValueError(f"it has more than {layout.MOST_SETTINGS} settings")
    if issubclass(member, Optimizer):
        constants = len(inspect.signature(member.update).parameters) - 2 - len(member.slots)
        if constants > layout.MOST_CONSTANTS:
            raise ValueError(f"its update takes more than {layout.MOST_CONSTANTS} constants")


def _compile_alone(member: type[Choice], dtype: np.dtype[Any]) -> None:
    """Compile each formula by itself, which takes a second, so that one Numba can't compile fails before the kernels
    do."""
    compile_formula = import_module("playground.engine.compiled.formulas").compiled
    number = __import__("numba").from_dtype(dtype)
    for formula in _formulas_of(member):
        compile_formula(formula, dtype).compile((number,) * len(inspect.signature(formula).parameters))


def _fresh_kernels(folder: Path, own: OwnClasses) -> ModuleType:
    """Import the modules of formulas and kernels again, with these classes among the members."""
    numba = __import__("numba")
    names = ("playground.engine.compiled.formulas", cache.KERNELS)
    before = {name: sys.modules.get(name) for name in names}
    usual = numba.config.CACHE_DIR
    try:
        numba.config.CACHE_DIR = str(folder)
        for name in names:
            spec = find_spec(name)
            assert spec is not None and spec.loader is not None
            module = sys.modules[name] = module_from_spec(spec)
            spec.loader.exec_module(module)
            if name == names[0]:
                module.OWN = own  # type: ignore[attr-defined]
        return sys.modules[cache.KERNELS]
    finally:
        numba.config.CACHE_DIR = usual
        for name, module_before in before.items():
            if module_before is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module_before
