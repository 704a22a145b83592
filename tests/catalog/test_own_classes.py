"""Classes from outside of the package join their families, each test in a process of its own, to leave others alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

OWN = Path(__file__).parent / "own"
AFTER = """
import numpy as np
import playground
from playground import Experiment, Trainer, check, load, save
from own_classes import *
"""
BEFORE = """
from own_classes import *
import numpy as np
from playground import Experiment, Trainer, check, load, save
"""
CHOSEN = """
experiment = Experiment(precision="float64").with_(
    {"layers": [{"units": 6, "activation": "mish"}, {"units": 6, "activation": "tanh"}],
     "training.optimizer": {"kind": "lion", "beta": 0.8}, "training.learning_rate": 0.003, "data": "stripes"})
assert check(experiment) == experiment
assert type(experiment.training.optimizer) is Lion and type(experiment.layers[0].activation) is Mish
"""


def run(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A script with our own classes at hand."""
    script = folder / "script.py"
    script.write_text(f"import sys; sys.path[:0] = [{str(OWN)!r}, {str(OWN.parents[2])!r}]\n{text}")
    return subprocess.run(
        [sys.executable, script], cwd=folder, text=True, capture_output=True, timeout=300, check=False
    )


def done(text: str, folder: Path) -> str:
    """What a script wrote to the terminal, once it is done."""
    result = run(text, folder)
    assert result.returncode == 0, result.stderr
    return result.stdout + result.stderr


def test_they_are_chosen_checked_trained_with_and_come_back_from_files(tmp_path: Path) -> None:
    for start in (AFTER, BEFORE):
        done(
            f"""{start}{CHOSEN}
trainer = Trainer(experiment, engine="reference")
trainer.advance(epochs=3)
save(experiment, "e.json"); save(trainer, "t.playground")
assert load("e.json") == experiment
other = load("t.playground")
trainer.advance(epochs=3); other.advance(epochs=3)
assert (other.state.parameters == trainer.state.parameters).all() and other.experiment == experiment
""",
            tmp_path,
        )
    for name, kind in (("e.json", "stripes"), ("t.playground", "stripes")):
        result = run(f"from playground import load\nload({name!r})", tmp_path)
        last = result.stderr.strip().splitlines()[-1]
        assert "InputError" in last and kind in last and "one of" in last and "circle" in last


def test_their_formulas_are_compiled_as_they_stand(tmp_path: Path) -> None:
    """Numba compiles each in both precisions, and gives what NumPy gives."""
    done(
        f"""{AFTER}
from playground.engine.compiled.formulas import compiled
for precision, tolerance in (("float64", 1e-14), ("float32", 1e-5)):
    dtype = np.dtype(precision)
    value, slope = (compiled(one, dtype, {{}}) for one in (Mish.value_of, Mish.derivative_of))
    for z in np.linspace(-4, 4, 9).astype(dtype):
        np.testing.assert_allclose(value(z), Mish.value_of(z), rtol=tolerance, atol=tolerance)
        np.testing.assert_allclose(slope(z, value(z)), Mish.derivative_of(z, 0), rtol=10 * tolerance, atol=tolerance)
    numbers = [dtype.type(number) for number in (0.4, -0.2, 0.1, 0.01, 0.9, 0.1)]
    np.testing.assert_allclose(compiled(Lion.update, dtype, {{}})(*numbers), Lion.update(*numbers), rtol=tolerance)
""",
        tmp_path,
    )


@pytest.mark.skipif("LONG" not in os.environ, reason="compiles all kernels again; LONG=1 does")
def test_both_engines_train_with_them(tmp_path: Path) -> None:
    said = done(
        f"""{AFTER}{CHOSEN}
fast, slow = (Trainer(experiment, engine=engine) for engine in ("auto", "reference"))
assert (fast.engine, fast.fallbacks, slow.engine) == ("compiled", (), "reference")
for trainer in (fast, slow):
    trainer.advance(epochs=5)
np.testing.assert_allclose(fast.state.parameters, slow.state.parameters, rtol=1e-7, atol=1e-9)
usual = experiment.with_({{"layers.0.activation": "tanh", "training.optimizer": "adam"}})
trainer, alone = Trainer(usual, engine="compiled"), Trainer(usual, engine="compiled")
for one in (trainer, alone):
    one.advance(epochs=5)
assert (trainer.state.parameters == alone.state.parameters).all()
fast.configure(usual); assert fast.engine == "compiled"; fast.advance(epochs=2)
fast.configure(experiment); assert fast.engine == "compiled"; fast.advance(epochs=2)
print("trained")
""",
        tmp_path,
    )
    assert "trained" in said


def test_data_of_ones_own_need_no_kernels_of_their_own(tmp_path: Path) -> None:
    said = done(
        f"""{AFTER}
trainer = Trainer(Experiment(data=Stripes(points=100), layers=(playground.Layer(4),)), engine="compiled")
trainer.advance(epochs=2); print(trainer.engine)
""",
        tmp_path,
    )
    assert said.strip() == "compiled"


def test_what_can_t_be_compiled_trains_on_the_reference_engine_which_is_said_once(tmp_path: Path) -> None:
    said = done(
        f"""{AFTER}
experiment = Experiment().with_(layers=[{{"units": 4, "activation": "gathered"}}])
for engine in ("auto", "compiled", "auto"):
    trainer = Trainer(experiment, engine=engine)
    trainer.advance(epochs=2)
    assert trainer.engine == "reference"
""",
        tmp_path,
    )
    assert said.count("The reference engine is used") == 1 and "gathered: not part of the catalog" in said


def test_a_class_that_is_defined_again_takes_the_place_of_the_earlier_one(tmp_path: Path) -> None:
    done(
        f"""{AFTER}{CHOSEN}
import importlib, own_classes
old = own_classes.Lion
new = importlib.reload(own_classes).Lion
assert new is not old and type(check(experiment).training.optimizer) is new
try:
    class Adam(playground.catalog.optimizers.Optimizer, frozen=True, tag="adam"):
        label = "My Adam"
    check(experiment)
except TypeError as error:
    assert "needs a tag of its own" in str(error)
else:
    raise AssertionError
""",
        tmp_path,
    )


def test_they_appear_in_the_schema_in_help_and_on_the_command_line(tmp_path: Path) -> None:
    said = done(
        f"""{AFTER}
from playground.cli.commands import main
for arguments in (["describe", "--schema"], ["describe", "optimizer"], ["describe", "optimizer", "lion"],
                  ["train", "circle", "--set", "training.optimizer=lion", "--set", "data=stripes",
                   "--epochs", "2", "--engine", "reference"]):
    assert main(arguments) == 0, arguments
""",
        tmp_path,
    )
    assert "lion" in said and "mish" in said and "stripes" in said and "Memory of the gradient." in said


def test_they_appear_in_the_forms_of_the_window(tmp_path: Path) -> None:
    done(
        f"""{AFTER}{CHOSEN}
import os; os.environ["QT_QPA_PLATFORM"] = "offscreen"
from PySide6.QtWidgets import QApplication
application = QApplication([])
from ui.forms.rows import Form
from playground import Training
form = Form(Training, "training")
form.show_value(experiment.training)
from playground.experiment.declarations import fields_of
assert Lion in fields_of(Training)["optimizer"].choices
""",
        tmp_path,
    )
