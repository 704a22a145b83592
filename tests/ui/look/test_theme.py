"""The colours of lanes: told apart by everybody, and taken for no class."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from PySide6.QtGui import QColor

from playground.catalog.choice import Array
from ui.look import theme
from ui.look.theme import Theme

_EYES = {
    "usual": np.eye(3),
    # Machado, Oliveira and Fernandes (2009), for linear RGB.
    "protanopic": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopic": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}


def seen(colour: str, eyes: str) -> Array:
    """A colour in Oklab, whose distances are about as large as they are seen."""
    rgb = np.array(QColor(colour).getRgbF()[:3])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    cones = np.array([
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ])  # fmt: skip
    opponents = np.array([
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ])  # fmt: skip
    return opponents @ np.cbrt(cones @ np.clip(_EYES[eyes] @ linear, 0, 1))


def distance(one: str, other: str, eyes: str = "usual") -> float:
    return float(np.linalg.norm(seen(one, eyes) - seen(other, eyes)))


@pytest.mark.parametrize("look", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_the_colours_of_lanes_are_told_apart_and_mean_no_class(look: Theme) -> None:
    assert len(set(look.lanes)) == 6
    for eyes, pair in product(_EYES, combinations(look.lanes, 2)):
        assert distance(*pair, eyes) > 0.12, (eyes, pair)
    # Orange and blue, in which two classes and low and high values are drawn.
    for pair in product(look.lanes, look.classes[:2]):
        assert distance(*pair) > 0.14, pair
    for colour in look.lanes:
        assert distance(colour, look.surface) > 0.3, colour
