"""What changes of a trained network do to its loss: after the change, one epoch and ten epochs.

    python tests/benchmarks/live_changes.py [--optimizer KIND] [--rate R] [--seeds N] [--epochs A B …] [--only WORD]

Two spirals are trained until 99 % of their training points are right; every line is a change, every number the median
over seeds of the training loss as a multiple of what it was just before. The first line is the unchanged network.
"""

from __future__ import annotations

import argparse
import math
import statistics
from collections.abc import Callable, Sequence

import msgspec

from playground import Document, Experiment, Layer, Trainer
from playground.catalog.activations import Activation
from playground.catalog.choice import members
from playground.catalog.optimizers import Optimizer
from playground.experiment.tree import with_ids
from playground.interop.opening import open_source
from playground.run.run import resume

Edit = Callable[[Experiment], Experiment]
_MOST_EPOCHS = 3000


def trained(seed: int, optimizer: str, rate: float) -> Document:
    """Two spirals, trained until 99 % of the training points are right."""
    spiral = open_source("spiral").experiment
    training = msgspec.structs.replace(spiral.training, optimizer=members(Optimizer)[optimizer](), learning_rate=rate)
    trainer = Trainer(msgspec.structs.replace(spiral, seed=seed, layers=with_ids(spiral.layers), training=training))
    while (trainer.evaluation.train_accuracy or 0) < 0.99 and trainer.state.epoch < _MOST_EPOCHS:
        trainer.advance(epochs=1)
    return trainer.document()


def losses_after(document: Document, edit: Edit | None, epochs: Sequence[int]) -> list[float]:
    """The training loss right after a change and after some epochs, as multiples of that before."""
    trainer = Trainer.of(resume(document))
    before = trainer.evaluation.train_loss or math.nan
    if edit is not None:
        trainer.configure(edit(trainer.experiment))
    result = [(trainer.evaluate().train_loss or math.nan) / before]
    for until in epochs:
        trainer.advance(epochs=until - (trainer.state.epoch - document.present.state.epoch))
        diverged = trainer.status == "diverged"
        result.append(math.inf if diverged else (trainer.evaluation.train_loss or math.nan) / before)
    return result


def edit_layers(make: Callable[[tuple[Layer, ...]], tuple[Layer, ...]]) -> Edit:
    return lambda experiment: msgspec.structs.replace(experiment, layers=make(experiment.layers))


def insertion(place: int, kind: str, units: int = 8) -> Edit:
    """A new layer before the hidden layer at `place`, or after the last one."""
    new = Layer(units=units, activation=members(Activation)[kind](), id="new")
    return edit_layers(lambda layers: (*layers[:place], new, *layers[place:]))


def other_layer(place: int, **fields: object) -> Edit:
    """Other settings of one layer."""

    def make(layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
        changed = msgspec.structs.replace(layers[place], **fields)
        return (*layers[:place], changed, *layers[place + 1 :])

    return edit_layers(make)


def edits() -> dict[str, Edit]:
    """All changes that are measured, by their names."""
    result = {f"new {kind} at {place}": insertion(place, kind) for kind in members(Activation) for place in range(4)}
    result |= {f"{u} units in layer {p + 1}": other_layer(p, units=u) for u in (16, 9, 7, 4) for p in range(3)}
    result |= {
        f"layer {p + 1} {kind}": other_layer(p, activation=chosen())
        for kind, chosen in members(Activation).items()
        for p in range(3)
        if kind != "tanh"
    }
    result["layers 1 and 2 exchanged"] = edit_layers(lambda layers: (layers[1], layers[0], *layers[2:]))
    result["layers 2 and 3 exchanged"] = edit_layers(lambda layers: (layers[0], layers[2], layers[1]))
    result["layer 2 removed"] = edit_layers(lambda layers: (layers[0], layers[2]))
    result["feature x1² added"] = lambda experiment: msgspec.structs.replace(
        experiment, features=(*experiment.features, "x1_squared")
    )
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--optimizer", default="adam", choices=list(members(Optimizer)))
    parser.add_argument("--rate", type=float, default=0.01)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, nargs="+", default=[1, 10])
    parser.add_argument("--only", default="", help="only changes whose name contains this")
    chosen = parser.parse_args()
    documents = [trained(seed, chosen.optimizer, chosen.rate) for seed in range(chosen.seeds)]
    print(f"{'change':28}" + "".join(f"{name:>12}" for name in ("at once", *(f"{e} epochs" for e in chosen.epochs))))
    for name, edit in {"none": None, **edits()}.items():
        if edit is None or chosen.only in name:
            rows = [losses_after(document, edit, chosen.epochs) for document in documents]
            print(
                f"{name:28}" + "".join(f"{statistics.median(row):12.2f}" for row in zip(*rows, strict=True)), flush=True
            )


if __name__ == "__main__":
    main()
