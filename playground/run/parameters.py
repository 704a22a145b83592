"""Access to a network's parameters by their names in weight files: W0, b0, W1, …"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress

import numpy as np

from playground.catalog.choice import Array
from playground.catalog.features import FEATURES
from playground.engine.network import Network
from playground.engine.state import State
from playground.experiment.layer_names import unit_name
from playground.files.errors import InputError, Spoken, UnknownError
from playground.measure.changes import WeightEdit, entry_words


def named_parameters(network: Network, flat: Array) -> dict[str, Array]:
    """All parameters by name, as views of a flat array."""
    return {
        f"{name}{number}": view
        for number, layer in enumerate(network.layers)
        for name, view in layer.named(flat).items()
    }


def parameter_words(network: Network, features: Sequence[str], name: str, place: tuple[int, ...]) -> str:
    """Name one entry of an array as the picture of the network does: `weight A2 → B1`, `bias of B1`, `gamma of B1`."""
    kind = name.rstrip("0123456789")
    number, (unit, *source) = int(name.removeprefix(kind)), place
    layers = network.layers
    here = unit_name(layers[number].name, unit, layers[number].units)
    if not source:
        return f"{'bias' if kind == 'b' else kind} of {here}"
    before = layers[number - 1]
    start = unit_name(before.name, source[0], before.units) if number else FEATURES[features[source[0]]].label
    return f"weight {start} → {here}"


def put_parameters(network: Network, flat: Array, given: Mapping[str, Array]) -> None:
    """Copy named arrays into a flat one, after checking every one of them. Raises InputError."""
    present = named_parameters(network, flat)
    cast = {name: _as_parameter(network, present, name, values) for name, values in given.items()}
    for name, values in cast.items():
        present[name][...] = values


def usable_parameters(network: Network, given: Mapping[str, Array]) -> dict[str, Array]:
    """The given arrays that fit a network, which may differ from the one they were made for."""
    present, result = named_parameters(network, np.empty(network.size, network.dtype)), {}
    for name, values in given.items():
        with suppress(InputError):
            _as_parameter(network, present, name, values)
            result[name] = values
    return result


def _as_parameter(network: Network, present: Mapping[str, Array], name: str, values: Array) -> Array:
    """Convert values to the network's precision. Raises InputError if they can't replace `present[name]`."""
    if name not in present:
        raise UnknownError(name, f"the network has {', '.join(present)}")
    if np.shape(values) != present[name].shape:
        raise InputError(name, Spoken(f"{np.shape(values)}"), f"of shape {present[name].shape}")
    with np.errstate(over="ignore"):
        cast = np.asarray(values).astype(network.dtype)
    if not np.isfinite(cast).all():
        raise InputError(name, Spoken("NaN, infinity or too large a number"), f"made of finite {network.dtype} numbers")
    if name.startswith("var") and (cast < 0).any():
        raise InputError(name, Spoken("a negative number"), "made of variances, which are at least 0")
    return cast


def set_parameter(network: Network, state: State, name: str, place: tuple[int, ...], value: float) -> WeightEdit:
    """Set one entry of an array, such as (2, 1) in "W0"; returns the edit.

    Raises InputError, and changes nothing, if there is no such entry or it can't take that value.
    """
    parameters = named_parameters(network, state.parameters)
    array = parameters.get(name)
    if array is None:
        raise UnknownError(name, f"the network has {', '.join(parameters)}")
    if len(place) != array.ndim or not all(0 <= at < size for at, size in zip(place, array.shape, strict=False)):
        raise UnknownError(entry_words(name, place), f"{name} has the shape {array.shape}, and entries count from 0")
    smallest, largest = 0.0 if name.startswith("var") else -math.inf, float(np.finfo(array.dtype).max)
    if not (smallest <= value and abs(value) <= largest):
        raise InputError(
            entry_words(name, place), value, f"a finite {array.dtype} number{' of at least 0' if smallest == 0 else ''}"
        )
    edit = WeightEdit(name, place, float(array[place]), float(value))
    array[place] = value
    if name[0] == "W":
        # A pruned weight that is set on purpose need not stay 0.
        network.layers[int(name[1:])].W(state.pruned)[place] &= value == 0
    return edit
