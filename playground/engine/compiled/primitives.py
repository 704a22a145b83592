"""Building blocks of all compiled engines: compiling functions, the clock, tiny numbers, hashed random numbers."""

from __future__ import annotations

import platform
import sys
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from playground.engine import randomness
from playground.engine.compiled.formulas import OPTIONS

compile_loop = njit(**OPTIONS)
inlined = njit(forceinline=True, **OPTIONS)
"""For what is called for every layer of every step: passing some arrays takes as long as a small layer does."""


# The clock ------------------------------------------------------------------------------------------------------


@intrinsic
def read_clock(typingctx: Any, address: Any, into: Any) -> Any:
    """Let the system's clock function at `address` write the time to the address `into`."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        place = builder.inttoptr(arguments[1], pointer)
        if sys.platform == "win32":
            function, given = ir.FunctionType(number, [pointer]), [place]
        else:
            monotonic = number(6 if sys.platform == "darwin" else 1)
            function, given = ir.FunctionType(number, [number, pointer]), [monotonic, place]
        builder.call(builder.inttoptr(arguments[0], function.as_pointer()), given)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), generate


@compile_loop
def now(clocks: Any) -> Any:
    """Return the time in seconds, by the one record of CLOCK in `clocks`."""
    clock = clocks[0]
    read_clock(clock.function, clocks.ctypes.data)
    return clock.time[0] + clock.time[1] * 1e-9 if clock.frequency == 0 else clock.time[0] / clock.frequency


@intrinsic
def borrowed(typingctx: Any, arrays: Any) -> Any:
    """Return the same array, or tuple of arrays, without a reference to its owner, who must outlive it.

    Counting references with every slice would take a third of the time of a small network.
    """

    def borrow(context: Any, builder: Any, kind: Any, value: Any) -> Any:
        if isinstance(kind, types.BaseTuple):
            parts = [borrow(context, builder, part, builder.extract_value(value, i)) for i, part in enumerate(kind)]
            return context.make_tuple(builder, kind, parts)
        array = context.make_array(kind)(context, builder, value=value)
        for part in ("meminfo", "parent"):
            setattr(array, part, ir.Constant(getattr(array, part).type, None))
        return array._getvalue()

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return borrow(context, builder, arrays, arguments[0])

    return arrays(arrays), generate


# Numbers too small to be normal ---------------------------------------------------------------------------------

_HAS_CONTROL_WORD = platform.machine().lower() in ("x86_64", "amd64")
_FLUSH = 0x8040
"""The bits of the control word that take operands, and results, too small to be normal numbers as 0."""


@intrinsic
def control_word(typingctx: Any) -> Any:
    """Return the processor's control word for floating-point numbers on this thread; 0 where it is not an x86."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        word = ir.IntType(32)
        if not _HAS_CONTROL_WORD:
            return word(0)
        place = cgutils.alloca_once(builder, word)
        _call_with_place(builder, "llvm.x86.sse.stmxcsr", place)
        return builder.load(place)

    return types.uint32(), generate


@intrinsic
def set_control_word(typingctx: Any, value: Any) -> Any:
    """Set the processor's control word for floating-point numbers on this thread, as `control_word` returned it."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if _HAS_CONTROL_WORD:
            place = cgutils.alloca_once_value(builder, arguments[0])
            _call_with_place(builder, "llvm.x86.sse.ldmxcsr", place)
        return context.get_dummy_value()

    return types.void(types.uint32), generate


def _call_with_place(builder: Any, name: str, place: Any) -> None:
    pointer = ir.IntType(8).as_pointer()
    function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(ir.VoidType(), [pointer]), name)
    builder.call(function, [builder.bitcast(place, pointer)])


@compile_loop
def flush_tiny_numbers() -> Any:
    """Let this thread compute with 0 in place of numbers too small to be normal; returns its control word until now.

    x86 takes a hundred times as long with them, and the memory of an optimizer is full of them once gradients are 0:
    0.9 m no longer gets smaller. Results change by less than 10⁻³⁷ (float64: 10⁻³⁰⁷).
    """
    word = control_word()
    set_control_word(np.uint32(word | np.uint32(_FLUSH)))
    return word


# Randomness -----------------------------------------------------------------------------------------------------

GOLDEN = np.uint64(randomness.GOLDEN)
FIRST, SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
A30, A27, A31, A11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
SHUFFLE, DROPOUT, WEIGHT_NOISE = (
    np.uint64(randomness.SHUFFLE),
    np.uint64(randomness.DROPOUT),
    np.uint64(randomness.WEIGHT_NOISE),
)


@inlined
def mixed(bits: Any) -> Any:
    """Mix a 64-bit number, as `randomness.mix` does."""
    bits = (bits ^ (bits >> A30)) * FIRST
    bits = (bits ^ (bits >> A27)) * SECOND
    return bits ^ (bits >> A31)


@compile_loop
def stream(seed: Any, purpose: Any, step: Any, part: Any) -> Any:
    """Return the key of a stream of numbers, as `randomness.key` does."""
    result = mixed(seed + GOLDEN)
    result = mixed(result + purpose + GOLDEN)
    result = mixed(result + np.uint64(step) + GOLDEN)
    return mixed(result + np.uint64(part) + GOLDEN)


@inlined
def uniform(key: Any, place: Any) -> Any:
    """Return the number at one place of `randomness.uniform`."""
    return float(mixed(np.uint64(place + 1) * GOLDEN + key) >> A11) * 2.0**-53
