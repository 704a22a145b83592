"""Which engine trains: the chosen one if it can do all that a setup asks for, else the reference."""

from __future__ import annotations

from playground.engine.compiled import cache
from playground.engine.compiled.engine import Compiled, fallbacks
from playground.engine.engine import Engine, EngineName
from playground.engine.reference import Reference
from playground.engine.setup import Setup


def engine_for(setup: Setup, chosen: EngineName, present: Engine | None = None) -> Engine:
    """An engine that is ready for a setup: the `present` one, prepared again, if it is of the right kind.

    Kernels for another precision than before are used if they have been compiled.
    """
    if chosen == "compiled":
        precision = setup.network.dtype.name
        cache.load_cached_kernels(precision)
        if not fallbacks(setup):
            if isinstance(present, Compiled):
                present.prepare(setup)
                return present
            return Compiled(cache.load_kernels(precision), setup)
    if isinstance(present, Reference):
        present.prepare(setup)
        return present
    return Reference(setup)
