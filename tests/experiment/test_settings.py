"""Settings as text: PATH=VALUE changes what it names, as the declaration there says, and nothing else."""

from __future__ import annotations

import pytest

from playground import Experiment, InputError, Layer
from playground.catalog.activations import Relu, Tanh
from playground.catalog.losses import SquaredError
from playground.catalog.optimizers import Adam, Sgd
from playground.catalog.regularizers import L2
from playground.experiment.difference import difference
from playground.experiment.paths import value_at
from playground.experiment.settings import with_settings
from playground.interop.opening import load_preset

BASE = Experiment(layers=(Layer(4, Relu(), dropout=0.2, id="A"),), training=Experiment().training)


@pytest.mark.parametrize(
    ("setting", "path", "value"),
    [
        ("training.learning_rate=0.1", "training.learning_rate", 0.1),
        ("training.learning_rate = 1e-3", "training.learning_rate", 1e-3),
        ("training.epochs=20", "training.epochs", 20),
        ("training.epochs=null", "training.epochs", None),
        ("training.shuffle=false", "training.shuffle", False),
        ("training.batching=carry", "training.batching", "carry"),
        ("training.optimizer=sgd", "training.optimizer", Sgd()),
        ('training.optimizer={"kind": "adam", "beta1": 0.5}', "training.optimizer", Adam(beta1=0.5)),
        ("training.optimizer.beta1=0.5", "training.optimizer", Adam(beta1=0.5)),
        ("loss=squared_error", "loss", SquaredError()),
        ("loss=null", "loss", None),
        ("layers.0.regularizer=l2", "layers.0.regularizer", L2()),
        ("layers[0].units=7", "layers.0.units", 7),
        ("data.noise=0.25", "data.noise", 0.25),
        ("data.noise=.25", "data.noise", 0.25),
        ("training.weight_decay=1e−3", "training.weight_decay", 1e-3),
        ("training.epochs=1,000,000", "training.epochs", 1_000_000),
        ("training.epochs=２ ５００", "training.epochs", 2500),
        ("seed=9007199254740991", "seed", 2**53 - 1),
        ("name=12", "name", "12"),
        ("name=", "name", ""),
        ("features=x1,x2_squared", "features", ("x1", "x2_squared")),
        ('features=["x2"]', "features", ("x2",)),
        ("training.early_stopping.patience=5", "training.early_stopping.patience", 5),
        ("training.early_stopping=null", "training.early_stopping", None),
    ],
)
def test_a_setting_changes_what_it_names(setting: str, path: str, value: object) -> None:
    changed = with_settings(BASE, [setting])
    assert value_at(changed, path) == value
    assert all(path.startswith(one.path) or one.path.startswith(path) for one in difference(BASE, changed))


def test_the_kind_that_is_there_keeps_its_settings() -> None:
    once = with_settings(BASE, ["training.optimizer=adam", "training.optimizer.beta1=0.5", "training.optimizer=adam"])
    assert once.training.optimizer == Adam(beta1=0.5)
    other = with_settings(once, ["training.optimizer=sgd", "training.optimizer=adam"])
    assert other.training.optimizer == Adam()


def test_layers_are_like_the_first_one() -> None:
    layer = Layer(8, Relu(), dropout=0.2)
    assert with_settings(BASE, ["layers=8-3"]).layers == (layer, Layer(3, Relu(), dropout=0.2))
    assert with_settings(Experiment(), ["layers=8-8"]).layers == (Layer(8, Tanh()), Layer(8, Tanh()))
    assert with_settings(BASE, ["layers="]).layers == ()
    assert with_settings(BASE, ['layers=[{"units": 3, "activation": "relu"}]']).layers == (Layer(3, Relu()),)


def test_all_settings_are_in_place_before_any_is_judged() -> None:
    wanted = ["data.validation_fraction=0.1", "data.test_fraction=0.8"]
    assert with_settings(load_preset("spiral"), wanted).data.test_fraction == 0.8
    with pytest.raises(InputError, match=r"data\.test_fraction must be below .* \(got 0\.95\)"):
        with_settings(load_preset("spiral"), ["data.test_fraction=0.95"])


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("training.learning_rate", r"--set must be PATH=VALUE.* \(got 'training\.learning_rate'\)"),
        ("=3", r"--set must be PATH=VALUE.* \(got '=3'\)"),
        ("training.learning=3", "training.learning is unknown: training has optimizer, learning_rate"),
        ("training.learning_rate=fast", r"training\.learning_rate must be a number from 0 to .* \(got 'fast'\)"),
        ("training.learning_rate=-2", r"training\.learning_rate must be at least 0 \(got -2"),
        ("training.learning_rate=NaN", r"training\.learning_rate must be a finite number \(got nan\)"),
        (
            "training.learning_rate=0,5",
            r"training\.learning_rate must be a number: .*as in 0\.5: type 0\.5 \(got '0,5'\)",
        ),
        ("training.learning_rate=2,500", r"training\.learning_rate must be .* 2,500 can mean 2500 or 2\.5; type one"),
        ("training.epochs=2,500", r"training\.epochs must be .* 2,500 can mean 2500 or 2\.5; type one"),
        ("training.epochs=2.500", r"training\.epochs must be .* 2\.500 can mean 2\.5 or 2500; type one"),
        ("training.epochs=50%", r"training\.epochs must be .* 50% can mean 50 or 0\.5; type one"),
        ("layers.0.dropout=1.000,5", r"layers\.0\.dropout must be .*type 1000\.5"),
        ("training.optimizer=sdg", r"training\.optimizer must be one of sgd, momentum.* \(got 'sdg'\)"),
        ("training.optimizer.rho=1", "training.optimizer.rho is unknown: training.optimizer has beta1"),
        ("training.batching=some", r"training\.batching must be one of partial, drop, carry \(got 'some'\)"),
        ("features=x1,x9", r"features must be a list; each entry is one of x1, .* \(got \['x1', 'x9'\]\)"),
        ("layers=8-0", r"layers\[1\]\.units must be at least 1 \(got 0\)"),
        ("layers=8-x", "layers must be "),
        ("layers.3.units=2", "layers.3.units is unknown: layers has entries 0 to 0"),
        ("version=1", "version must be "),
        ("data=heart", r"data must be one of .*circle.* \(got 'heart'\)"),
        ("training.epochs=" + "[" * 5000, "training.epochs must be "),
    ],
)
def test_what_no_experiment_can_be_is_refused_by_its_path(setting: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        with_settings(BASE, [setting])
