"""Combinations of choices to test: all of them with LONG=1, otherwise so many that any two choices meet."""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from typing import Any

LONG = "LONG" in os.environ


def combinations(*families: Sequence[Any], whole: bool = LONG) -> list[tuple[Any, ...]]:
    """Rows with one choice of every family; any two choices of two families stand in one of them."""
    if whole:
        return list(itertools.product(*families))
    pairs = [
        frozenset({(f, a), (g, b)})
        for f, g in itertools.combinations(range(len(families)), 2)
        for a in range(len(families[f]))
        for b in range(len(families[g]))
    ]
    missing, rows = set(pairs), []
    for pair in pairs:
        if pair not in missing:
            continue
        row = dict(pair)
        for family in sorted(range(len(families)), key=lambda number: -len(families[number])):
            if family not in row:
                chosen = range(len(families[family]))
                row[family] = max(
                    chosen, key=lambda k: sum(frozenset({(family, k), x}) in missing for x in row.items())
                )
        missing -= set(map(frozenset, itertools.combinations(row.items(), 2)))
        rows.append(tuple(families[family][row[family]] for family in range(len(families))))
    return rows
