"""Vectors for compiled code: one number for each of several networks, and every operation on all of them at once.

Numba has no such type, and makes no vector code of loops over arrays that might overlap. Here a `Vector` is LLVM's own
vector type, with the operators that the catalog's formulas use, so that a formula compiles for it as it stands. A
`Lanes` is a pointer to vectors in memory: `w[i]` loads and stores one, `w + 3` points three further. Nothing is
reassociated or fused unless `fma` says so, and division and square root are exact: a lane's bits depend neither on the
width nor on what its neighbours compute. Importing this module imports Numba.
"""

from __future__ import annotations

import functools
import operator
import platform
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model
from numba.np.arrayobj import make_array

from playground.catalog.choice import Array

_INDEX = ir.IntType(32)
_FIELD = "lanes"

# Types ----------------------------------------------------------------------------------------------------------


class Vector(types.Type):
    """One number of the type `dtype` for each of `width` networks."""

    def __init__(self, dtype: Any, width: int) -> None:
        self.dtype, self.width = dtype, width
        super().__init__(name=f"Vector({dtype}, {width})")


class Mask(types.Type):
    """One yes or no for each of `width` networks."""

    def __init__(self, width: int) -> None:
        self.width = width
        super().__init__(name=f"Mask({width})")


class Lanes(types.Type):
    """A pointer to vectors that follow one another in memory."""

    def __init__(self, dtype: Any, width: int) -> None:
        self.dtype, self.width = dtype, width
        super().__init__(name=f"Lanes({dtype}, {width})")

    @property
    def vector(self) -> Vector:
        return Vector(self.dtype, self.width)


_IS_X86 = platform.machine().lower() in ("x86_64", "amd64")


def is_small(kind: Vector | Lanes) -> bool:
    """Whether vectors have the width of x86 before AVX-512, which has 16 vector registers instead of 32."""
    return _IS_X86 and kind.width * kind.dtype.bitwidth <= 256


@functools.cache
def _lacks_avx512() -> bool:
    """Whether this is an x86 processor without AVX-512's instructions for 64-bit numbers and scattered addresses."""
    features = binding.get_host_cpu_features()
    return _IS_X86 and not (features.get("avx512f") and features.get("avx512dq"))


def _number(dtype: Any) -> Any:
    """The LLVM type of a number."""
    if dtype == types.float32:
        return ir.FloatType()
    return ir.DoubleType() if dtype == types.float64 else ir.IntType(dtype.bitwidth)


def _llvm(kind: Any) -> Any:
    """The LLVM type of a vector or mask."""
    number = ir.IntType(1) if isinstance(kind, Mask) else _number(kind.dtype)
    return ir.VectorType(number, kind.width)


@register_model(Vector)
@register_model(Mask)
class _ValueModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _llvm(kind))


@register_model(Lanes)
class _PointerModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _llvm(kind.vector).as_pointer())


def vectors(count: int, width: int, dtype: Any) -> Array:
    """Return `count` vectors of zeros in memory, aligned for the machine, which compiled code takes as `Lanes`.

    `numbers_of` gives their numbers, shape (count, width).
    """
    number = np.dtype(dtype)
    kind = np.dtype([(_FIELD, number, (width,))])
    room = np.zeros(count * kind.itemsize + _ALIGNMENT, np.uint8)
    start = -room.ctypes.data % _ALIGNMENT
    return room[start : start + count * kind.itemsize].view(kind)


_ALIGNMENT = 64


def numbers_of(held: Array) -> Array:
    """Return the numbers of `vectors` as a view of shape (count, width)."""
    numbers: Array = held[_FIELD]
    return numbers


# Memory ---------------------------------------------------------------------------------------------------------


@intrinsic
def lanes_of(typingctx: Any, array: Any) -> Any:
    """Return a pointer to an array made by `vectors`, without a reference to it: the caller must keep the array."""
    field = array.dtype.fields[_FIELD].type
    kind = Lanes(field.dtype, field.shape[0])

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = make_array(array)(context, builder, arguments[0]).data
        return builder.bitcast(data, context.get_value_type(kind))

    return kind(array), generate


def _aligned(memory: Any, kind: Any) -> Any:
    memory.align = min(_ALIGNMENT, kind.dtype.bitwidth // 8 * kind.width)
    return memory


def _place(context: Any, builder: Any, kind: Any, pointer: Any, index: Any, index_kind: Any) -> Any:
    return builder.gep(
        pointer, [context.cast(builder, index, index_kind, types.int64)], source_etype=_llvm(kind.vector)
    )


@infer_global(operator.getitem)
class _Load(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        if isinstance(args[0], Lanes) and isinstance(args[1], types.Integer):
            return signature(args[0].vector, *args)
        return None


@lower_builtin(operator.getitem, Lanes, types.Integer)
def _load(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    place = _place(context, builder, sig.args[0], args[0], args[1], sig.args[1])
    return _aligned(builder.load(place, typ=_llvm(sig.return_type)), sig.args[0])


@infer_global(operator.setitem)
class _Store(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        if isinstance(args[0], Lanes) and isinstance(args[1], types.Integer) and args[2] == args[0].vector:
            return signature(types.none, *args)
        return None


@lower_builtin(operator.setitem, Lanes, types.Integer, Vector)
def _store(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    place = _place(context, builder, sig.args[0], args[0], args[1], sig.args[1])
    _aligned(builder.store(args[2], place), sig.args[0])
    return context.get_dummy_value()


@infer_global(operator.add)
class _Further(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        if isinstance(args[0], Lanes) and isinstance(args[1], types.Integer):
            return signature(args[0], *args)
        return None


@lower_builtin(operator.add, Lanes, types.Integer)
def _further(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    return _place(context, builder, sig.args[0], args[0], args[1], sig.args[1])


@intrinsic
def number_at(typingctx: Any, lanes: Any, place: Any) -> Any:
    """Read one number in memory: that of lane l in vector i stands at the place i · width + l."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        number = _number(lanes.dtype)
        start = builder.bitcast(arguments[0], number.as_pointer())
        index = context.cast(builder, arguments[1], place, types.int64)
        return builder.load(builder.gep(start, [index], source_etype=number), typ=number)

    return lanes.dtype(lanes, place), generate


@intrinsic
def put_number(typingctx: Any, lanes: Any, place: Any, value: Any) -> Any:
    """Write one number in memory; see `number_at`."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        number = _number(lanes.dtype)
        start = builder.bitcast(arguments[0], number.as_pointer())
        index = context.cast(builder, arguments[1], place, types.int64)
        builder.store(
            context.cast(builder, arguments[2], value, lanes.dtype), builder.gep(start, [index], source_etype=number)
        )
        return context.get_dummy_value()

    return types.void(lanes, place, value), generate


def _addresses(builder: Any, start: Any, places: Any, step: int, kind: Any) -> Any:
    """Return the address `start` + `step` · place, in numbers, for each lane's own place in `places`."""
    size, wide = kind.dtype.bitwidth // 8, ir.VectorType(ir.IntType(64), kind.width)
    begin = builder.ptrtoint(start, ir.IntType(64))
    places = places if places.type == wide else builder.sext(places, wide)
    further = builder.mul(places, ir.Constant(wide, [step * size] * kind.width))
    all_begin = _broadcast(builder, begin, Vector(types.int64, kind.width))
    pointers = ir.VectorType(_number(kind.dtype).as_pointer(), kind.width)
    return builder.inttoptr(builder.add(all_begin, further), pointers)


def _of_memory(builder: Any, name: str, kind: Any, result: Any, *operands: Any) -> Any:
    """Call LLVM's `masked.gather` or `masked.scatter` for all lanes; the operand None stands for alignment and mask."""
    number, width = kind.dtype, kind.width
    every = ir.Constant(ir.VectorType(ir.IntType(1), width), [1] * width)
    given: list[Any] = []
    for operand in operands:
        given += [ir.Constant(ir.IntType(32), number.bitwidth // 8), every] if operand is None else [operand]
    letter = "f" if isinstance(number, types.Float) else "i"
    full = f"llvm.masked.{name}.v{width}{letter}{number.bitwidth}.v{width}p0"
    types_of = ir.FunctionType(result, [one.type for one in given])
    return builder.call(cgutils.get_or_insert_function(builder.module, types_of, full), given)


def _gathered(builder: Any, pointers: Any, kind: Any) -> Any:
    vector = _llvm(kind)
    if _lacks_avx512():
        return _collected(builder, kind, lambda lane: builder.extract_element(pointers, lane))
    return _of_memory(builder, "gather", kind, vector, pointers, None, ir.Constant(vector, ir.Undefined))


def _collected(builder: Any, kind: Any, place_of: Callable[[Any], Any]) -> Any:
    """Load the lanes' numbers one after the other, in a third of the time of a `gather` before AVX-512."""
    found = ir.Constant(_llvm(kind), ir.Undefined)
    for lane in map(_INDEX, range(kind.width)):
        found = builder.insert_element(found, builder.load(place_of(lane), typ=_number(kind.dtype)), lane)
    return found


@intrinsic
def picked(typingctx: Any, table: Any, places: Any, further: Any) -> Any:
    """Load the number of a flat array at each lane's own place plus `further`."""
    kind, number = Vector(table.dtype, places.width), _number(table.dtype)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = make_array(table)(context, builder, arguments[0]).data
        more = context.cast(builder, arguments[2], further, types.int64)
        start = builder.gep(data, [more], source_etype=number)
        if _lacks_avx512():
            own = functools.partial(builder.extract_element, arguments[1])
            return _collected(builder, kind, lambda lane: builder.gep(start, [own(lane)], source_etype=number))
        return _gathered(builder, _addresses(builder, start, arguments[1], 1, kind), kind)

    return kind(table, places, further), generate


def _in_rows(builder: Any, lanes: Any, start: Any, rows: Any) -> Any:
    """Return the address of each lane's number in the vector at the lane's own place."""
    number = _number(lanes.dtype)
    pointers = _addresses(builder, builder.bitcast(start, number.as_pointer()), rows, lanes.width, lanes)
    size, wide = lanes.dtype.bitwidth // 8, ir.VectorType(ir.IntType(64), lanes.width)
    own = ir.Constant(wide, [size * lane for lane in range(lanes.width)])
    return builder.inttoptr(builder.add(builder.ptrtoint(pointers, wide), own), pointers.type)


@intrinsic
def taken_from(typingctx: Any, lanes: Any, rows: Any) -> Any:
    """Load each lane's number from the vector at the lane's own place."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _gathered(builder, _in_rows(builder, lanes, *arguments), lanes)

    return lanes.vector(lanes, rows), generate


@intrinsic
def put_into(typingctx: Any, lanes: Any, rows: Any, values: Any) -> Any:
    """Write each lane's number into the vector at the lane's own place."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointers = _in_rows(builder, lanes, *arguments[:2])
        _of_memory(builder, "scatter", lanes, ir.VoidType(), arguments[2], pointers, None)
        return context.get_dummy_value()

    return types.void(lanes, rows, values), generate


# Arithmetic -----------------------------------------------------------------------------------------------------


def _broadcast(builder: Any, number: Any, kind: Any) -> Any:
    vector = _llvm(kind)
    nothing = ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(nothing, number, _INDEX(0))
    return builder.shuffle_vector(first, nothing, ir.Constant(ir.VectorType(_INDEX, kind.width), [0] * kind.width))


def _spread(context: Any, builder: Any, value: Any, kind: Any, vector: Any) -> Any:
    """Convert an operand to a vector: a number goes into all lanes."""
    if isinstance(kind, Vector):
        return value
    return _broadcast(builder, context.cast(builder, value, kind, vector.dtype), vector)


@intrinsic
def everywhere(typingctx: Any, like: Any, value: Any) -> Any:
    """Return a vector of the type of `like` with a number in all lanes."""
    kind = like.vector if isinstance(like, Lanes) else like

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _spread(context, builder, arguments[1], value, kind)

    return kind(like, value), generate


def _vector_of(args: Any) -> Any:
    """Return the vector type among the arguments, if the others are of that type or numbers; else None."""
    found = [kind for kind in args if isinstance(kind, Vector)]
    fits = all(kind == found[0] or isinstance(kind, (types.Number, types.Boolean)) for kind in args) if found else False
    return found[0] if fits else None


def _define(name: Any, emit: Callable[..., Any], result: Callable[[Any], Any], *, count: int) -> None:
    """Define an operator on vectors and numbers; `emit` gets the builder, the vector type and the operands."""

    @infer_global(name)
    class _Operator(AbstractTemplate):
        def generic(self, args: Any, kws: Any) -> Any:
            vector = _vector_of(args)
            return None if vector is None or len(args) != count else signature(result(vector), *args)

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        vector = _vector_of(sig.args)
        operands = [_spread(context, builder, a, kind, vector) for a, kind in zip(args, sig.args, strict=True)]
        return emit(builder, vector, *operands)

    if count == 1:
        lower_builtin(name, Vector)(lower)
        return
    for number in (types.Number, types.Boolean):
        lower_builtin(name, Vector, number)(lower)
        lower_builtin(name, number, Vector)(lower)
    lower_builtin(name, Vector, Vector)(lower)


def _is_whole(vector: Any) -> bool:
    return isinstance(vector.dtype, types.Integer)


def _arithmetic(of_numbers: str, of_wholes: str) -> Callable[..., Any]:
    return lambda builder, vector, a, b: getattr(builder, of_wholes if _is_whole(vector) else of_numbers)(a, b)


def _compare(sign: str) -> Callable[..., Any]:
    def emit(builder: Any, vector: Any, a: Any, b: Any) -> Any:
        if _is_whole(vector):
            return (builder.icmp_signed if vector.dtype.signed else builder.icmp_unsigned)(sign, a, b)
        # NaN is unlike everything.
        return (builder.fcmp_unordered if sign == "!=" else builder.fcmp_ordered)(sign, a, b)

    return emit


def _itself(vector: Any) -> Any:
    return vector


for _name, _emit in (
    (operator.add, _arithmetic("fadd", "add")),
    (operator.sub, _arithmetic("fsub", "sub")),
    (operator.mul, _arithmetic("fmul", "mul")),
    (operator.truediv, _arithmetic("fdiv", "sdiv")),
    (operator.xor, lambda builder, vector, a, b: builder.xor(a, b)),
    (operator.rshift, lambda builder, vector, a, b: builder.lshr(a, b)),
    (operator.and_, lambda builder, vector, a, b: builder.and_(a, b)),
):
    _define(_name, _emit, _itself, count=2)
_define(operator.neg, lambda builder, vector, a: builder.fneg(a), _itself, count=1)
for _name, _sign in (
    (operator.lt, "<"), (operator.le, "<="), (operator.gt, ">"), (operator.ge, ">="), (operator.eq, "=="),
    (operator.ne, "!="),
):  # fmt: skip
    _define(_name, _compare(_sign), lambda vector: Mask(vector.width), count=2)


@infer_global(operator.or_)
@infer_global(operator.and_)
class _Both(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        return signature(args[0], *args) if isinstance(args[0], Mask) and args[0] == args[1] else None


@lower_builtin(operator.or_, Mask, Mask)
def _or(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    return builder.or_(*args)


@lower_builtin(operator.and_, Mask, Mask)
def _and(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    return builder.and_(*args)


def where(condition: Any, a: Any, b: Any) -> Any:
    """Return `a` in the lanes where the condition holds, else `b`; of two plain numbers of one type, one of them."""
    raise NotImplementedError("for compiled code")


@infer_global(where)
class _Where(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        condition, a, b = args
        chosen = _vector_of((a, b)) if isinstance(condition, Mask) else a if a == b else None
        return None if chosen is None else signature(chosen, *args)


@lower_builtin(where, types.Boolean, types.Number, types.Number)
@lower_builtin(where, Mask, types.Any, types.Any)
def _select(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    chosen, a, b = args
    if isinstance(sig.return_type, Vector):
        a, b = (
            _spread(context, builder, x, kind, sig.return_type) for x, kind in zip((a, b), sig.args[1:], strict=True)
        )
    return builder.select(chosen, a, b)


@intrinsic
def any_of(typingctx: Any, mask: Any) -> Any:
    """Whether the condition holds in any lane."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        whole = ir.IntType(mask.width)
        return builder.icmp_unsigned("!=", builder.bitcast(arguments[0], whole), whole(0))

    return types.boolean(mask), generate


@intrinsic
def extracted(typingctx: Any, vector: Any, lane: Any) -> Any:
    """Return the number of one lane."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.extract_element(arguments[0], context.cast(builder, arguments[1], lane, types.int32))

    return vector.dtype(vector, lane), generate


@intrinsic
def replaced(typingctx: Any, vector: Any, lane: Any, value: Any) -> Any:
    """Return the vector with the number of one lane replaced."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        number = context.cast(builder, arguments[2], value, vector.dtype)
        return builder.insert_element(arguments[0], number, context.cast(builder, arguments[1], lane, types.int32))

    return vector(vector, lane, value), generate


# Functions of LLVM ----------------------------------------------------------------------------------------------


def _call(builder: Any, name: str, kind: Any, operands: Any) -> Any:
    value = _llvm(kind) if isinstance(kind, Vector) else _number(kind)
    suffix = f"v{kind.width}f{kind.dtype.bitwidth}" if isinstance(kind, Vector) else f"f{kind.bitwidth}"
    function = ir.FunctionType(value, [value] * len(operands))
    return builder.call(cgutils.get_or_insert_function(builder.module, function, f"llvm.{name}.{suffix}"), operands)


def _function(name: str) -> Any:
    @intrinsic
    def function(typingctx: Any, x: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return _call(builder, name, x, arguments)

        return x(x), generate

    return function


square_root, magnitude, nearest = _function("sqrt"), _function("fabs"), _function("rint")
"""Of a number or a vector; `nearest` is the nearest whole number."""


@intrinsic
def with_sign_of(typingctx: Any, x: Any, y: Any) -> Any:
    """Return |x| with the sign of y, for numbers or vectors of one type."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _call(builder, "copysign", x, arguments)

    return x(x, y), generate


@intrinsic
def nan_of_either(typingctx: Any, a: Any, b: Any) -> Any:
    """Return NaN where either of two vectors is NaN, else 0; both must hold only NaN and zeros.

    It takes a quarter of the time of a sum, which would have to wait for the sum before.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        vector = _llvm(a)
        bits = ir.VectorType(ir.IntType(a.dtype.bitwidth), a.width)
        both = builder.or_(*(builder.bitcast(one, bits) for one in arguments))
        return builder.bitcast(both, vector)

    return a(a, b), generate


@intrinsic
def fma(typingctx: Any, a: Any, b: Any, c: Any) -> Any:
    """Return a · b + c, rounded once, for vectors and numbers."""
    vector = _vector_of((a, b, c))

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        operands = [_spread(context, builder, x, kind, vector) for x, kind in zip(arguments, (a, b, c), strict=True)]
        return _call(builder, "fma", vector, operands)

    return vector(a, b, c), generate


# Conversions ----------------------------------------------------------------------------------------------------


def _convert(builder: Any, value: Any, vector: Any, kind: Any) -> Any:
    target, old, new = _llvm(kind), vector.dtype, kind.dtype
    from_whole, to_whole = isinstance(old, types.Integer), isinstance(new, types.Integer)
    if old == new or (from_whole and to_whole and old.bitwidth == new.bitwidth):
        return value
    narrows = new.bitwidth < old.bitwidth
    if from_whole and to_whole:
        return builder.trunc(value, target) if narrows else builder.sext(value, target)
    if from_whole and new.bitwidth == 64 and not old.signed and _lacks_avx512():
        return _from_halves(builder, value, kind)
    if from_whole:
        return (builder.sitofp if old.signed else builder.uitofp)(value, target)
    if to_whole:
        return (builder.fptosi if new.signed else builder.fptoui)(value, target)
    return builder.fptrunc(value, target) if narrows else builder.fpext(value, target)


def _from_halves(builder: Any, value: Any, kind: Any) -> Any:
    """Convert positive whole numbers to float64: each half becomes the last digits of a large number, then subtracted.

    Before AVX-512 there is no instruction for it, and converting one number after the other takes twice as long.
    """

    def number(half: Any, bits: int, large: float) -> Any:
        digits = builder.or_(half, ir.Constant(value.type, [bits] * kind.width))
        return builder.fsub(builder.bitcast(digits, _llvm(kind)), ir.Constant(_llvm(kind), [large] * kind.width))

    low = builder.and_(value, ir.Constant(value.type, [0xFFFFFFFF] * kind.width))
    high = builder.lshr(value, ir.Constant(value.type, [32] * kind.width))
    return builder.fadd(number(high, 0x4530000000000000, 2.0**84), number(low, 0x4330000000000000, 2.0**52))


@intrinsic
def converted(typingctx: Any, vector: Any, like: Any) -> Any:
    """Convert numbers to the type of those in another vector or `Lanes`: rounded, or truncated for whole numbers."""
    kind = Vector(like.dtype, vector.width)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _convert(builder, arguments[0], vector, kind)

    return kind(vector, like), generate


def _converting(dtype: Any) -> Any:
    @intrinsic
    def convert(typingctx: Any, vector: Any) -> Any:
        kind = Vector(dtype, vector.width)

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return _convert(builder, arguments[0], vector, kind)

        return kind(vector), generate

    return convert


widened, whole, positive_whole = _converting(types.float64), _converting(types.int64), _converting(types.uint64)
"""As float64; as whole numbers, cut off."""


@intrinsic
def power_of_two(typingctx: Any, exponent: Any) -> Any:
    """Return 2ⁿ for a whole number n, or a vector of them, within the range of normal numbers."""
    dtype = exponent.dtype if isinstance(exponent, Vector) else exponent
    bits, bias, digits = (32, 127, 23) if dtype == types.float32 else (64, 1023, 52)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        constant, whole = _wholes(exponent, bits)
        number = builder.fptosi(arguments[0], whole)
        shifted = builder.shl(builder.add(number, constant(bias)), constant(digits))
        return builder.bitcast(shifted, context.get_value_type(exponent))

    return exponent(exponent), generate


@intrinsic
def binary_exponent(typingctx: Any, x: Any) -> Any:
    """Return n in x = m · 2ⁿ with m from √½ to √2, for a positive normal number or vector x, in the type of x."""
    dtype = x.dtype if isinstance(x, Vector) else x
    # The bits of √½ are taken off, so that the exponent changes there and not at 1.
    bits, half, digits = (32, 0x3F3504F3, 23) if dtype == types.float32 else (64, 0x3FE6A09E667F3BCD, 52)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        constant, whole = _wholes(x, bits)
        away = builder.sub(builder.bitcast(arguments[0], whole), constant(half))
        return builder.sitofp(builder.ashr(away, constant(digits)), context.get_value_type(x))

    return x(x), generate


def _wholes(kind: Any, bits: int) -> tuple[Callable[[int], Any], Any]:
    """Return a function that makes constants of whole numbers with the lanes of `kind`, and their vector type."""
    number = ir.IntType(bits)
    if not isinstance(kind, Vector):
        return number, number
    whole = ir.VectorType(number, kind.width)
    return lambda value: ir.Constant(whole, [value] * kind.width), whole
