"""Export of the network as a PyTorch script: data, model, weights before and after training, `predict`, `train`.

The script contains only what its experiment uses. Where the catalog gives a spelling for PyTorch, it is used; all other
formulas are quoted from the catalog. The order of points and the units that dropout silences come from the engine's
hash function, which is quoted too and depends on a layer's position, so muted layers are counted.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from playground.catalog.choice import Array, Choice
from playground.catalog.datasets.base import TRAIN
from playground.catalog.losses import Loss
from playground.catalog.optimizers import Momentum, Sgd
from playground.catalog.regularizers import NoRegularizer, Regularizer
from playground.catalog.schedules import Plateau, Schedule
from playground.engine import randomness
from playground.engine.network import NetworkLayer
from playground.files.errors import InputError
from playground.interop.export.exportable import Exportable
from playground.interop.export.script import common_facts, fill_template, identifier, layer_title, numbers
from playground.interop.export.sources import Definitions, join_definitions, literal, quoted

_NAMES = {
    "W": "layer{}.weight",
    "b": "layer{}.bias",
    "gamma": "norm{}.weight",
    "beta": "norm{}.bias",
    "mean": "norm{}.running_mean",
    "var": "norm{}.running_var",
}
"""The names of parameters in the script, with a place for the layer's number."""
_UNTRAINED_EPOCHS = 100
"""The epochs to train in a script whose experiment sets no number of epochs."""


def torch_script(exportable: Exportable, _: Path) -> bytes:
    """The content of the script."""
    return _Facts(exportable).script()


class _Facts:
    """The facts about one network and its training that fill the template."""

    def __init__(self, exportable: Exportable) -> None:
        self.exportable, self.training = exportable, exportable.experiment.training
        self.layers = exportable.network.layers
        self.formulas: Definitions = {}
        """The quoted formulas by name."""
        named = [(f"network.layer{self._number(place)}", layer) for place, layer in enumerate(self.layers)]
        self.learning = [(name, layer) for name, layer in named if layer.trainable]
        """The trainable layers, each with its name in the script."""

    def script(self) -> bytes:
        facts = common_facts(self.exportable, "torch") | self._model() | self._loss_and_penalty() | self._updates()
        facts |= self._rate() | self._optimizer() | self._numbers()
        experiment, training = self.exportable.experiment, self.training
        facts |= {"experiment": experiment, "training": training, "stopping": training.early_stopping}
        facts["formulas"] = join_definitions(self.formulas)
        return fill_template("torch_script.txt", facts).encode()

    def _expression(self, choice: Any, x: str, second: str = "") -> str:
        """An expression for a formula of x (and t): its spelling for PyTorch, or the quoted formula with derivative.

        The derivative of a penalty is `gradient_of`; that of an activation may use the activation's value.
        """
        if text := choice.spelled("torch", w=x):
            return str(text)
        name, settings = identifier(choice.kind, "f"), "".join(f", {literal(value)}" for value in choice.values)
        f = choice.penalty_of if isinstance(choice, Regularizer) else choice.value_of
        self.formulas |= quoted(f, name, words=choice.formula, torch=True)
        return f"Formula.apply({name}, {self._derivative(choice, name)}, {x}{second and f', {second}'}{settings})"

    def _derivative(self, choice: Any, name: str) -> str:
        """Quote the derivative of a formula; returns its name."""
        if isinstance(choice, (Regularizer, Loss)):
            formula, value = choice.gradient_of if isinstance(choice, Regularizer) else choice.derivative_of, ""
        else:
            formula = choice.derivative_of
            names = formula.__code__.co_varnames[: formula.__code__.co_argcount]
            value = f"{name}({', '.join([names[0], *names[2:]])})"
        self.formulas |= quoted(formula, f"{name}_slope", torch=True, second=value)
        return f"{name}_slope"

    # The network ------------------------------------------------------------------------------------------------

    def _number(self, place: int) -> str:
        """The part of a layer's name in the script after `layer` or `norm`."""
        return "_out" if place == len(self.layers) - 1 else str(place + 1)

    def _model(self) -> dict[str, Any]:
        made, passed, active = list[str](), list[str](), [layer for layer in self.layers if not layer.muted]
        for place, layer in enumerate(self.layers):
            passed.append(layer_title(place, layer))
            if not layer.muted:
                made += self._constructor_lines(self._number(place), layer)
                passed += self._forward_lines(place, layer)
        dropout, training, random = any(layer.dropout for layer in active), self.training, Definitions()
        if training.shuffle:
            random |= quoted(randomness.permutation)
        if dropout:
            random |= (
                {"DROPOUT": f"DROPOUT = {randomness.DROPOUT}"} | quoted(randomness.key) | quoted(randomness.uniform)
            )
        if training.weight_noise:
            random |= {"WEIGHT_NOISE": f"WEIGHT_NOISE = {randomness.WEIGHT_NOISE}"}
            random |= quoted(randomness.key) | quoted(randomness.normal)
        return {
            "made": "\n".join(made),
            "passed": "\n".join(passed),
            "batch_norm": any(layer.normalization.running for layer in active),
            "dropout": dropout,
            "randomness": join_definitions(random),
        }

    def _constructor_lines(self, number: str, layer: NetworkLayer) -> list[str]:
        lines = [f"self.layer{number} = nn.Linear({layer.inputs}, {layer.units})"]
        if layer.normalizes:
            kind = "BatchNorm1d" if layer.normalization.running else "LayerNorm"
            lines.append(f"self.norm{number} = nn.{kind}({layer.units})")
        frozen = [] if layer.trainable else [f"{line.split(' = ')[0]}.requires_grad_(False)" for line in lines]
        return lines + frozen

    def _forward_lines(self, place: int, layer: NetworkLayer) -> list[str]:
        number = self._number(place)
        lines = [f"z = self.layer{number}(a)"]
        if layer.normalization.running:
            lines.append(f"z = batch_norm(self.norm{number}, z)")
        elif layer.normalizes:
            lines.append(f"z = self.norm{number}(z)")
        lines.append(f"a = {self._expression(layer.activation, 'z')}{' + a' if layer.skip else ''}")
        if layer.dropout:
            mask = f"dropout_mask(step, {place}, first, a, {layer.dropout!r})"
            lines.append(f"if self.training:\n    a = a * {mask}")
        return lines

    # How it learns ----------------------------------------------------------------------------------------------

    def _loss_and_penalty(self) -> dict[str, Any]:
        loss, sample = self.exportable.network.loss, self.exportable.sample
        several, weights = sample.outputs > 1, None
        if _changes(loss, Loss, "targets", "per_point") and not loss.torch:
            raise InputError("loss", loss.kind, "one whose formula takes single numbers, for PyTorch")
        if sample.task == "classification":
            labels = sample.labels[sample.split == TRAIN]
            weights = loss.weights_of_classes(labels, len(sample.class_names))
        if sample.task == "regression":
            scale, targets = sample.target_scale, "labels[:, None]"
            if sample.scales_target:
                targets = f"(({targets} - {scale.offset!r}) / {scale.factor!r})"
            targets += ".to(torch.get_default_dtype())"
        elif several and loss.torch_of_several:
            targets = "labels"
        elif several:
            targets = f"F.one_hot(labels, {sample.outputs}).to(torch.get_default_dtype())"
        else:
            targets = f"torch.where(labels[:, None] > 0, 1.0, {loss.negative_target!r})"
        value = loss.spelled("torch_of_several") if several else ""
        costs = [
            f"{_factor(self._expression(layer.regularizer, f'{name}.weight'))}.sum()"
            for name, layer in self.learning
            if not isinstance(layer.regularizer, NoRegularizer)
        ]
        return {
            "targets": targets,
            "losses": value or f"{_factor(self._expression(loss, 'o', 't'))}.sum(dim=1)",
            "class_weights": weights,
            "penalty": "\n+ ".join(costs),
        }

    def _updates(self) -> dict[str, Any]:
        """The facts about epochs, weight noise and pruning."""
        training, prices = self.training, list[str]()
        prunable = {name: layer.regularizer for name, layer in self.learning if layer.regularizer.prunes}
        for chosen in prunable.values() if isinstance(training.optimizer, Sgd) else ():
            slope = self._derivative(chosen, identifier(chosen.kind, "f"))
            prices.append(f"lambda w: {slope}({', '.join(['w', *map(literal, chosen.values)])})")
        noisy = [
            f"({name}.{kind}, {place.start})"
            for name, layer in self.learning
            for kind, place in (("weight", layer.weights), ("bias", layer.biases))
        ]
        return {
            "setup": self.exportable.setup,
            "epochs": _UNTRAINED_EPOCHS if training.epochs is None else training.epochs,
            "weights": [f"{name}.weight" for name, _ in self.learning],
            "noisy": ",\n".join(noisy) if training.weight_noise else "",
            "prunable": [f"{name}.weight" for name in prunable],
            "prices": ", ".join(prices),
        }

    def _rate(self) -> dict[str, Any]:
        """The quoted schedule of the learning rate; without warm-up, only the rule itself is quoted."""
        schedule, place = self.training.schedule, ["epoch", "step"]
        place += ["plateau"] if isinstance(schedule, Plateau) else []
        whole = schedule.warmup or _changes(schedule, Schedule, "learning_rate")
        rule = type(schedule).learning_rate if whole else type(schedule).scheduled
        words = f"η of the next update, given the epochs and updates done: {schedule.formula}."
        definitions = quoted(rule, "learning_rate", words=words, owner=schedule, place=place)
        if isinstance(schedule, Plateau):
            definitions |= quoted(type(schedule).observed, "observed", owner=schedule, place=place)
        return {"learning_rate": join_definitions(definitions), "plateau": isinstance(schedule, Plateau)}

    def _optimizer(self) -> dict[str, Any]:
        chosen, rate = self.training.optimizer, self.training.learning_rate
        if isinstance(chosen, Momentum):
            # PyTorch refuses Nesterov's rule without momentum, where it makes no difference.
            chosen = msgspec.structs.replace(chosen, nesterov=chosen.nesterov and chosen.momentum > 0)
        text, name, rule = chosen.spelled("torch", lr=rate), "", Definitions()
        if not text:
            name = identifier(type(chosen).__name__, "Rule")
            text = f"{name}({', '.join(['moving', repr(rate), *map(literal, chosen.values)])})"
            rule = quoted(chosen.constants, "constants_of") | quoted(chosen.update, "updated", torch=True)
        return {"optimizer": text, "own_optimizer": name, "rule": join_definitions(rule)}

    def _numbers(self) -> dict[str, Any]:
        exportable, sample, history = self.exportable, self.exportable.sample, self.exportable.history
        kept = slice(0, None if exportable.repeatable else 0)
        facts = {
            "data": numbers({"x": sample.own_x, "label": sample.labels, "part": sample.split}),
            "initial": numbers(self._script_parameters(exportable.initial)),
            "trained": numbers(self._script_parameters(exportable.parameters)),
            "recorded": numbers(
                {
                    "epoch": history.epoch[kept].astype(np.int64),
                    "train_loss": history.train_loss[kept],
                    "validation_loss": history.validation_loss[kept],
                }
            ),
        }
        return {**facts, "packed": any(text.startswith("read(") for text in facts.values())}

    def _script_parameters(self, parameters: Any) -> dict[str, Array]:
        return {
            _NAMES[name].format(self._number(place)): parameters[f"{name}{place}"]
            for place, layer in enumerate(self.layers)
            if not layer.muted
            for name in ("W", *layer.per_unit)
        }


def _factor(text: str) -> str:
    """An expression in brackets, if it needs them before a method call."""
    return text if isinstance(ast.parse(text, mode="eval").body, ast.Call) else f"({text})"


def _changes(choice: Choice, family: type[Choice], *methods: str) -> bool:
    """Whether a choice overrides any of these methods of its family."""
    return any(getattr(type(choice), name) is not getattr(family, name) for name in methods)
