"""Products of matrices, a network in every lane: sums over one index for small tiles of the other two, in registers.

A tile of 4 × 4 sums needs 8 loads for its 16 products, so that arithmetic, not memory, decides how long it takes. Where
the processor has 16 registers for vectors instead of 32, a tile has 4 × 2 sums: with more, some would go to memory and
back with every product. The loops over tiles are written out here for every size of tile. Each sum adds in the order of
its index, one fused multiplication at a time, whatever the tile: the tiling of a product changes no bit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playground.engine.lanes.formulas import vector_loop
from playground.engine.vectors import Lanes, fma, is_small

_HEIGHTS, _WIDTHS, _FEW_WIDTHS = (4, 2, 1), (4, 2, 1), (2, 1)


def _tiled(header: str, rows: str, columns: str, tile: Callable[[int, int], list[str]]) -> Any:
    """Compile a function that runs the lines of a `tile` at every place (r, c) of its upper left corner."""

    def written_out(*kinds: Any) -> Any:
        lines = [f"def run({header}):", "    r = 0"]
        lanes = next(kind for kind in kinds if isinstance(kind, Lanes))
        for height in _HEIGHTS:
            lines += [f"    while r + {height} <= {rows}:", "        c = 0"]
            for width in _FEW_WIDTHS if is_small(lanes) else _WIDTHS:
                lines += [f"        while c + {width} <= {columns}:"]
                lines += [" " * 12 + line for line in tile(height, width)]
                lines += [f"            c += {width}"]
            lines += [f"        r += {height}"]
        scope: dict[str, Any] = {"fma": fma}
        exec("\n".join(lines), scope)
        return scope["run"]

    return vector_loop(written_out)


def _sums(height: int, width: int) -> list[tuple[int, int]]:
    return [(r, c) for r in range(height) for c in range(width)]


def _forward(height: int, width: int) -> list[str]:
    """Write the lines that compute z of `height` units for `width` points."""
    return [
        *(f"w{r} = W + (r + {r}) * inputs" for r in range(height)),
        *(f"a{c} = a + (c + {c}) * below" for c in range(width)),
        *(f"s{r}{c} = b[r + {r}]" for r, c in _sums(height, width)),
        "for i in range(inputs):",
        *(f"    u{r} = w{r}[i]" for r in range(height)),
        *(f"    x{c} = a{c}[i]" for c in range(width)),
        *(f"    s{r}{c} = fma(u{r}, x{c}, s{r}{c})" for r, c in _sums(height, width)),
        *(f"z[(c + {c}) * stride + r + {r}] = s{r}{c}" for r, c in _sums(height, width)),
    ]


def _back(height: int, width: int) -> list[str]:
    """Write the lines that compute ∂E/∂a of `height` inputs for `width` points."""
    return [
        "w = W + r",
        *(f"d{c} = delta + (c + {c}) * stride" for c in range(width)),
        *(f"s{r}{c} = zero" for r, c in _sums(height, width)),
        "for o in range(units):",
        *(f"    u{r} = w[{r}]" for r in range(height)),
        *(f"    x{c} = d{c}[o]" for c in range(width)),
        *(f"    s{r}{c} = fma(u{r}, x{c}, s{r}{c})" for r, c in _sums(height, width)),
        "    w = w + inputs",
        *(f"back[(c + {c}) * below + r + {r}] = s{r}{c}" for r, c in _sums(height, width)),
    ]


def _gradient(height: int, width: int) -> list[str]:
    """Write the lines that compute ∂E/∂W of `height` units and `width` inputs."""
    return [
        "d = delta + r",
        "x = a + c",
        *(f"s{r}{c} = g[(r + {r}) * inputs + c + {c}] if adds else zero" for r, c in _sums(height, width)),
        "for p in range(n):",
        *(f"    u{r} = d[{r}]" for r in range(height)),
        *(f"    x{c} = x[{c}]" for c in range(width)),
        *(f"    s{r}{c} = fma(u{r}, x{c}, s{r}{c})" for r, c in _sums(height, width)),
        "    d = d + stride",
        "    x = x + below",
        *(f"g[(r + {r}) * inputs + c + {c}] = s{r}{c}" for r, c in _sums(height, width)),
    ]


def _total(height: int, width: int) -> list[str]:
    """Write the lines that compute ∂E/∂b of `height` units, in one column."""
    return [
        "d = delta + r",
        *(f"s{r} = g[r + {r}] if adds else zero" for r in range(height)),
        "for p in range(n):",
        *(f"    s{r} = s{r} + d[{r}]" for r in range(height)),
        "    d = d + stride",
        *(f"g[r + {r}] = s{r}" for r in range(height)),
    ]


weigh = _tiled("units, inputs, n, W, b, a, below, z, stride", "units", "n", _forward)
"""z = W a + b for n points."""
weigh_back = _tiled("units, inputs, n, W, delta, stride, back, below, zero", "inputs", "n", _back)
"""back = Wᵀ δ."""
weigh_gradients = _tiled("units, inputs, n, delta, stride, a, below, g, zero, adds", "units", "inputs", _gradient)
"""g = δ aᵀ, summed over the points, or g + δ aᵀ if it `adds`."""
total_up = _tiled("units, n, delta, stride, g, zero, adds", "units", "1", _total)
"""g = δ, summed over the points, or g + δ if it `adds`."""
