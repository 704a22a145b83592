"""The catalog's formulas as loops over vectors, as in `compiled.formulas`, but with a network in every lane.

Settings are vectors of float64 numbers; each is rounded to the loop's precision before it. Schedules are methods of the
catalog's classes; they are compiled as they stand too, and run in float64 for one lane at a time.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections import namedtuple
from collections.abc import Callable
from typing import Any, get_args

import numpy as np
from numba import njit
from numba.np.numpy_support import as_dtype

from playground.catalog.activations import Activation
from playground.catalog.losses import Loss
from playground.catalog.optimizers import Optimizer
from playground.catalog.regularizers import Regularizer
from playground.catalog.schedules import Plateau, PlateauMemory, Progress, Schedule
from playground.engine.compiled.elementary import CONTRACT, overloaded
from playground.engine.compiled.formulas import chain, compiled, constants_of
from playground.engine.compiled.layout import compiled_members
from playground.engine.vectors import converted, everywhere, nan_of_either, number_at

OPTIONS: dict[str, Any] = {key: value for key, value in CONTRACT.items() if key != "fastmath"}
"""No fast mathematics: bits must not depend on what the compiler likes to fuse."""
vector_loop = overloaded(OPTIONS)


def _chain(header: str, family: Any, formula: str, lanes: Any, body: str) -> Any:
    like = header.split(", ")[2]
    dtype, number = as_dtype(lanes.dtype), f"converted({{}}, {like})"
    return chain(header, family, formula, dtype, body, options=OPTIONS, number=number, converted=converted)


@vector_loop
def activate(kind: Any, count: Any, z: Any, a: Any, s: Any) -> Any:
    """Compute a = f(z) for `count` vectors, for the activation at the place `kind`, with settings s."""
    body = "for i in range(count):\n    a[i] = f(z[i]…)"
    return _chain("kind, count, z, a, s", Activation, "value_of", z, body)


@vector_loop
def multiply_by_slope(kind: Any, count: Any, back: Any, z: Any, a: Any, s: Any) -> Any:
    """Multiply by the slope: back ← back · f′(z)."""
    body = "for i in range(count):\n    back[i] = back[i] * f(z[i], a[i]…)"
    return _chain("kind, count, back, z, a, s", Activation, "derivative_of", z, body)


@vector_loop
def add_penalty(kind: Any, count: Any, w: Any, g: Any, s: Any) -> Any:
    """Add the penalty's derivative to g."""
    body = "for i in range(count):\n    g[i] = g[i] + f(w[i]…)"
    return _chain("kind, count, w, g, s", Regularizer, "gradient_of", w, body)


@vector_loop
def loss_values(kind: Any, count: Any, o: Any, t: Any, losses: Any, s: Any) -> Any:
    """Write the loss of every output into `losses` (cross-entropy: of one output)."""
    body = "for i in range(count):\n    losses[i] = f(o[i], t[i]…)"
    return _chain("kind, count, o, t, losses, s", Loss, "value_of", o, body)


@vector_loop
def loss_slope(kind: Any, count: Any, o: Any, t: Any, back: Any, s: Any) -> Any:
    """Write ∂E/∂o into `back`."""
    body = "for i in range(count):\n    back[i] = f(o[i], t[i]…)"
    return _chain("kind, count, o, t, back, s", Loss, "derivative_of", o, body)


@vector_loop
def optimizer_constants(kind: Any, rate: Any, step: Any, settings: Any, constants: Any) -> Any:
    """Write the constants of this update by the optimizer at the place `kind` into `constants`, all in float64."""
    lines, scope = ["def run(kind, rate, step, settings, constants):"], dict[str, Any](everywhere=everywhere)
    for place, member in enumerate(compiled_members(Optimizer)):
        scope[f"f{place}"] = compiled(member.constants, np.dtype(np.float64), OPTIONS)
        count = len(inspect.signature(member.constants).parameters) - 2
        arguments = "".join(f", settings[{k}]" for k in range(count))
        lines += [f"    if kind == {place}:", f"        results = f{place}(rate, step{arguments})"]
        lines += [f"        constants[{k}] = results[{k}]" for k in range(constants_of(member))]
    exec("\n".join(lines), scope)
    return scope["run"]


@vector_loop
def optimize(kind: Any, size: Any, w: Any, g: Any, slots: Any, new_w: Any, new_slots: Any, s: Any) -> Any:
    """Write new weights and slots; returns 0, or NaN in the lanes where one of them is not finite."""
    dtype = as_dtype(w.dtype)
    scope: dict[str, Any] = {"zero": dtype.type(0), "converted": converted, "everywhere": everywhere}
    scope["nan_of_either"] = nan_of_either
    lines = ["def run(kind, size, w, g, slots, new_w, new_slots, s):", "    broken = everywhere(w, zero)"]
    for place, member in enumerate(compiled_members(Optimizer)):
        scope[f"f{place}"] = compiled(member.update, dtype, OPTIONS)
        memory = range(len(member.slots))
        names = [f"s{k}" for k in range(constants_of(member))]
        arguments = ", ".join(["w[i]", "g[i]", *(f"m{k}[i]" for k in memory), *names])
        lines += [f"    if kind == {place}:"]
        lines += [f"        s{k} = converted(s[{k}], w)" for k in range(len(names))]
        lines += [f"        m{k}, n{k} = slots + {k} * size, new_slots + {k} * size" for k in memory]
        lines += ["        for i in range(size):", f"            results = f{place}({arguments})"]
        lines += ["            new_w[i] = results[0]", "            broken = nan_of_either(broken, results[0] * zero)"]
        for k in memory:
            lines += [
                f"            n{k}[i] = results[{k + 1}]",
                f"            broken = nan_of_either(broken, results[{k + 1}] * zero)",
            ]
    exec("\n".join([*lines, "    return broken"]), scope)
    return scope["run"]


# Schedules ------------------------------------------------------------------------------------------------------


class _CallsByName(ast.NodeTransformer):
    """Turns a method into a plain function: calls of other methods of `self`, and class attributes, become names."""

    def __init__(self, member: type, numbers: tuple[str, ...]) -> None:
        self.member, self.numbers = member, numbers
        self.methods: set[str] = set()
        self.held: dict[str, Any] = {}

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.decorator_list, node.returns = [], None
        for argument in node.args.args:
            argument.annotation = None
        self.generic_visit(node)
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        whole = isinstance(node.value, int) and not isinstance(node.value, bool)
        return ast.Constant(float(node.value)) if whole else node  # type: ignore[arg-type]

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in map(_own, self.methods):
            node.args.insert(0, ast.Name("self", ast.Load()))
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if not (isinstance(node.value, ast.Name) and node.value.id == "self") or node.attr in self.numbers:
            return node
        value = getattr(self.member, node.attr)
        if callable(value):
            self.methods.add(node.attr)
        else:
            self.held[node.attr] = value
        return ast.Name(_own(node.attr), ast.Load())


def _own(name: str) -> str:
    """Return the name that stands for a class attribute; a method may have a variable of the attribute's own name."""
    return f"own_{name}"


def compiled_method(member: type[Any], name: str, options: dict[str, Any]) -> Any:
    """Compile a method of a schedule as a function of a named tuple of its settings, and the other arguments."""
    method = getattr(member, name)
    tree = ast.parse(textwrap.dedent(inspect.getsource(method)))
    transformer = _CallsByName(member, schedule_settings(member))
    tree = ast.fix_missing_locations(transformer.visit(tree))
    scope: dict[str, Any] = {_own(held): value for held, value in transformer.held.items()}
    scope |= {_own(called): compiled_method(member, called, options) for called in transformer.methods}
    for used in method.__code__.co_names:
        value = method.__globals__.get(used)
        if value is not None and used not in scope:
            scope[used] = njit(value, **options) if inspect.isfunction(value) else value
    exec(compile(tree, inspect.getfile(method), "exec"), scope)
    return njit(scope[name], **options)


def schedule_settings(member: type[Schedule]) -> tuple[str, ...]:
    """Return the settings of a schedule that are numbers, in the order in which kernels take them."""
    kinds = inspect.get_annotations(Schedule, eval_str=True) | inspect.get_annotations(member, eval_str=True)
    return tuple(name for name in member.__struct_fields__ if get_args(kinds[name])[0] in (int, float))


def _schedule_chain(header: str, methods: Callable[[type[Schedule]], str | None], call: str) -> Any:
    """Return a function that calls a method of the schedule at the place `kind`, with settings read from `s`."""
    scope: dict[str, Any] = {"number_at": number_at, "Progress": Progress, "PlateauMemory": PlateauMemory}
    lines = [f"def run({header}):"]
    for place, member in enumerate(compiled_members(Schedule)):
        method = methods(member)
        if method is None:
            continue
        names = schedule_settings(member)
        scope[f"Settings{place}"] = namedtuple(f"Settings{place}", names)
        scope[f"f{place}"] = compiled_method(member, method, OPTIONS)
        values = ", ".join(f"number_at(s, {k} * width + lane)" for k in range(len(names)))
        lines += [f"    if kind == {place}:", f"        self = Settings{place}({values})"]
        lines += [f"        return f{place}(self, {call})"]
    exec("\n".join([*lines, "    " + _LAST[header]]), scope)
    return scope["run"]


_RATE = "kind, s, width, lane, base, epoch, step, steps_per_epoch, best, bad_epochs, reductions"
_PLATEAU = "kind, s, width, lane, base, loss, best, bad_epochs, reductions"
_LAST = {_RATE: "return base", _PLATEAU: "return PlateauMemory(best, bad_epochs, reductions)"}


@vector_loop
def scheduled_rate(
    kind: Any, s: Any, width: Any, lane: Any, base: Any, epoch: Any, step: Any, steps_per_epoch: Any,
    best: Any, bad_epochs: Any, reductions: Any,
) -> Any:  # fmt: skip
    """Return η of a lane's next update, warm-up included, by the schedule at the place `kind`; all in float64."""
    call = "base, Progress(epoch, step, steps_per_epoch, PlateauMemory(best, bad_epochs, reductions))"
    return _schedule_chain(_RATE, lambda member: "learning_rate", call)


@vector_loop
def observed_plateau(
    kind: Any, s: Any, width: Any, lane: Any, base: Any, loss: Any, best: Any, bad_epochs: Any, reductions: Any
) -> Any:
    """Return the memory of the schedule at the place `kind` after an epoch that ended with this loss."""
    call = "PlateauMemory(best, bad_epochs, reductions), loss, base"
    return _schedule_chain(_PLATEAU, lambda member: "observed" if issubclass(member, Plateau) else None, call)
