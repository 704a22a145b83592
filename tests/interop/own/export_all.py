"""Trains networks with classes of one's own, exports them, and compares what the files say: `export_all.py FORMAT`."""

import runpy
import sys
from pathlib import Path

import numpy as np
from own_formulas import *  # noqa: F403 - as a notebook would

from playground import Trainer
from playground.experiment.rules import convert
from playground.files.errors import InputError
from playground.interop.export.exportable import Exportable
from playground.interop.export.formats import FORMATS, export
from playground.interop.export.proof import largest_difference

SPIRAL = {"kind": "spiral", "points": 60, "noise": 0.2}
PLANE = {"kind": "plane", "points": 60, "noise": 0.2}
BLOBS = {"kind": "blobs", "points": 60, "classes": 3}
BENT = {"kind": "class", "knee": 0.1}
CLIPPED = {"clip_norm": 0.5}
EXPERIMENTS = {
    "activations": {"layers": [{"units": 5, "activation": kind} for kind in ("mish", "class", "tanh")]},
    "twice with other settings": {"layers": [{"units": 5, "activation": {**BENT, "slope": s}} for s in (0.2, 0.7)]},
    "loss": {"loss": {"kind": "log_cosh", "scale": 2.0}},
    "loss of values": {"data": PLANE, "loss": "log_cosh"},
    "loss of several classes": {"data": BLOBS, "loss": {"kind": "log_cosh", "class_weights": "balanced"}},
    "lion": {"training": {"optimizer": {"kind": "lion", "beta": 0.8}, "learning_rate": 0.003}},
    "capped": {"training": {"optimizer": {"kind": "capped", "softly": True}, "learning_rate": 0.1}},
    "regularizer": {"regularizer": {"kind": "smooth_l1"}, "training": {"learning_rate": 0.1}},
    "pruning": {
        "regularizer": {"kind": "smooth_l1", "strength": 0.5},
        "training": {"optimizer": "sgd", "clip_norm": 0.5},
    },
    "schedule": {"training": {"schedule": {"kind": "waves", "length": 7, "warmup": 9}, "learning_rate": 0.1}},
    "flat schedule": {"training": {"schedule": {"kind": "waves", "flat": True}}},
    "cuts": {"training": {"schedule": {"kind": "plateau", "patience": 0, "threshold": 0.2, "warmup": 3}}},
    "initializer": {"initializer": "checkered"},
}


def exportable(precision: str, chosen: dict) -> Exportable:
    layers = {"layers": [{"units": 6, "activation": "tanh"}]}
    experiment = convert({"version": 2, "data": SPIRAL, "precision": precision, **layers, **chosen})
    trainer = Trainer(experiment, engine="reference")
    trainer.advance(epochs=6)
    return Exportable.of(trainer)


def told_by_script(kind: str, path: Path, one: Exportable) -> tuple[float, dict]:
    path.write_bytes(FORMATS[kind].content(one, path))
    script, x = runpy.run_path(str(path)), one.points_to_ask()
    return largest_difference(one.predictions(x), script["predict"](x[:, 0], x[:, 1]).reshape(len(x), -1)), script


def try_numpy(one: Exportable, precision: str) -> None:
    assert told_by_script("numpy", Path("net.py"), one)[0] <= 1e-12


def try_pytorch(one: Exportable, precision: str) -> None:
    import torch

    apart, script = told_by_script("pytorch", Path("net.py"), one)
    assert apart <= (1e-5 if precision == "float32" else 1e-12), apart
    torch.set_default_dtype(torch.float64)
    network, history = script["train"]()
    exact = one.repeated(6)
    losses = [[row.train_loss, row.validation_loss] for row in history]
    np.testing.assert_allclose(losses, np.transpose(exact[3:5]), rtol=1e-9, atol=1e-9)
    if precision == "float64":
        np.testing.assert_allclose(network.layer1.weight.detach().numpy(), one.parameters["W0"], rtol=1e-8, atol=1e-9)


def try_onnx(one: Exportable, precision: str) -> None:
    proven = export(FORMATS["onnx"], one, "net.onnx")
    assert proven is not None and proven.largest_difference <= 1e-5


for name, chosen in EXPERIMENTS.items():
    for precision in ("float32", "float64"):
        one = exportable(precision, chosen)
        {"numpy": try_numpy, "pytorch": try_pytorch, "onnx": try_onnx}[sys.argv[1]](one, precision)
        print(sys.argv[1], name, precision)
if sys.argv[1] != "onnx":
    proven = export(FORMATS[sys.argv[1]], exportable("float64", EXPERIMENTS["lion"]), "net.py")
    assert proven is not None and proven.holds, proven
if sys.argv[1] == "pytorch":
    assert proven.curve is not None and proven.curve.agrees_until == 6


class Gathered(Activation, frozen=True, tag="gathered"):  # noqa: F405
    """Less the mean over the batch, which no formula of single numbers can know."""

    label = "Gathered"
    formula = "f(z) = z − mean z"

    @staticmethod
    def value_of(z):
        return np.cbrt(z - z.mean(axis=1, keepdims=True))

    @staticmethod
    def derivative_of(z, a):
        return np.ones_like(z)


try:
    one = exportable("float64", {"layers": [{"units": 2, "activation": "gathered"}]})
    FORMATS[sys.argv[1]].content(one, Path())
except InputError as error:
    print(f"refused: {error}")
