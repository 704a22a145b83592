"""An experiment trained by PyTorch, from the same initial weights and with the batches in order.

It shares nothing with the engine but the points and the initial weights. Run as a program it renews the golden numbers:

    pip install torch==2.13.0
    python -m tests.engine.pytorch_twin
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from playground import Experiment, Trainer
from tests.engine.covering import covering_set

GOLDEN = Path(__file__).parent / "golden" / "trajectories.json"
STEPS = 200

# PyTorch keeps Nadam's product of momenta in the default precision.
torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)

ACTIVATIONS: dict[str, Any] = {
    "linear": lambda z: z,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": F.relu,
    "elu": F.elu,
    "selu": F.selu,
    "gelu": F.gelu,
    "silu": F.silu,
    "softplus": lambda z: F.softplus(z, threshold=1e9),
    "sine": torch.sin,
}


class Twin:
    """The network, optimizer and schedule of an experiment, built from PyTorch's own parts."""

    def __init__(self, experiment: Experiment) -> None:
        trainer = Trainer(experiment, engine="reference")
        self.experiment, self.training = experiment, experiment.training
        self.kinds = [layer.activation for layer in trainer.network.layers]
        self.loss = trainer.network.loss
        self.p = {name: torch.tensor(np.array(values)) for name, values in trainer.parameters().items()}
        for name, values in self.p.items():
            values.requires_grad_(not name.startswith(("mean", "var")) and self.trainable(name))
        self.x, self.labels = (
            torch.tensor(trainer.setup.train.inputs.T.copy()),
            torch.tensor(np.array(trainer.setup.train.labels)),
        )
        self.moving = [values for values in self.p.values() if values.requires_grad]
        self.optimizer = self.make_optimizer()
        self.clock = torch.optim.SGD([torch.zeros(1)], lr=self.training.learning_rate)
        self.schedule = self.make_schedule()
        self.step_count = 0

    def trainable(self, name: str) -> bool:
        layer = int("".join(filter(str.isdigit, name)))
        return layer == len(self.experiment.layers) or self.experiment.layers[layer].trainable

    def make_optimizer(self) -> Any:
        o, lr = self.training.optimizer, self.training.learning_rate
        made: dict[str, Any] = {
            "sgd": lambda: torch.optim.SGD(self.moving, lr=lr),
            "momentum": lambda: torch.optim.SGD(self.moving, lr=lr, momentum=o.momentum, nesterov=o.nesterov),
            "rmsprop": lambda: torch.optim.RMSprop(self.moving, lr=lr, alpha=o.alpha, eps=o.eps, momentum=o.momentum),
            "adam": lambda: torch.optim.Adam(self.moving, lr=lr, betas=(o.beta1, o.beta2), eps=o.eps),
            "adagrad": lambda: torch.optim.Adagrad(self.moving, lr=lr, eps=o.eps),
            "adadelta": lambda: torch.optim.Adadelta(self.moving, lr=lr, rho=o.rho, eps=o.eps),
            "nadam": lambda: torch.optim.NAdam(
                self.moving, lr=lr, betas=(o.beta1, o.beta2), eps=o.eps, momentum_decay=o.momentum_decay
            ),
        }
        return made[o.kind]()

    def make_schedule(self) -> Any:
        """PyTorch's scheduler on an optimizer of its own that only keeps the rate."""
        s, at = self.training.schedule, torch.optim.lr_scheduler
        steps = -(-len(self.x) // self.training.batch_size)
        made: dict[str, Any] = {
            "constant": lambda: at.ConstantLR(self.clock, factor=1.0),
            "step": lambda: at.StepLR(self.clock, s.step_size, s.gamma),
            "exponential": lambda: at.ExponentialLR(self.clock, s.gamma),
            "inverse_time": lambda: at.LambdaLR(self.clock, lambda epoch: 1 / (1 + s.rate * epoch)),
            "cosine": lambda: at.CosineAnnealingWarmRestarts(self.clock, s.period, s.multiplier, s.min_lr),
            "plateau": lambda: at.ReduceLROnPlateau(
                self.clock, factor=s.factor, patience=s.patience, threshold=s.threshold, min_lr=s.min_lr
            ),
            "one_cycle": lambda: at.OneCycleLR(
                self.clock,
                self.training.learning_rate,
                epochs=s.epochs,
                steps_per_epoch=steps,
                pct_start=s.pct_start,
                div_factor=s.div,
                final_div_factor=s.final_div,
                cycle_momentum=False,
            ),
        }
        return made[s.kind]()

    def outputs(self, a: Tensor, training: bool) -> Tensor:
        for k, layer in enumerate(self.experiment.layers):
            z = a @ self.p[f"W{k}"].T + self.p[f"b{k}"]
            if layer.normalization.kind == "batch":
                z = F.batch_norm(
                    z, self.p[f"mean{k}"], self.p[f"var{k}"], self.p[f"gamma{k}"], self.p[f"beta{k}"], training
                )
            elif layer.normalization.kind == "layer":
                z = F.layer_norm(z, (layer.units,), self.p[f"gamma{k}"], self.p[f"beta{k}"])
            f = self.activate(layer.activation, z)
            a = f + a if layer.skip else f
        last = len(self.experiment.layers)
        return self.activate(self.kinds[-1], a @ self.p[f"W{last}"].T + self.p[f"b{last}"])

    @staticmethod
    def activate(kind: Any, z: Tensor) -> Tensor:
        return F.leaky_relu(z, kind.slope) if kind.kind == "leaky_relu" else ACTIVATIONS[kind.kind](z)

    def data_loss(self, o: Tensor, labels: Tensor) -> Tensor:
        """Summed over the outputs, mean over the points."""
        kind, n = self.loss.kind, len(o)
        if kind == "cross_entropy" and o.shape[1] > 1:
            return F.cross_entropy(o, labels)
        if kind == "cross_entropy":
            return F.binary_cross_entropy_with_logits(o[:, 0], labels.double())
        t = self.targets(labels, o.shape[1])
        if kind == "squared_error":
            return F.mse_loss(o, t, reduction="sum") / (2 * n)
        if kind == "absolute_error":
            return F.l1_loss(o, t, reduction="sum") / n
        return F.huber_loss(o, t, reduction="sum", delta=self.loss.delta) / n

    def targets(self, labels: Tensor, outputs: int) -> Tensor:
        if self.experiment.data.tasks == ("regression",):
            return labels[:, None]
        if outputs > 1:
            return F.one_hot(labels, outputs).double()
        return labels[:, None].double() if self.loss.output_activation == "sigmoid" else 2.0 * labels[:, None] - 1

    def penalty(self) -> Tensor:
        r, total = self.experiment.regularizer, torch.zeros(())
        for w in (values for name, values in self.p.items() if name.startswith("W") and values.requires_grad):
            if r.kind in ("l1", "elastic_net"):
                total = total + (r.strength if r.kind == "l1" else r.l1) * w.abs().sum()
            if r.kind in ("l2", "elastic_net"):
                total = total + (r.strength if r.kind == "l2" else r.l2) * (w * w).sum()
        return total

    def update(self, columns: slice) -> None:
        self.optimizer.zero_grad()
        (self.data_loss(self.outputs(self.x[columns], True), self.labels[columns]) + self.penalty()).backward()
        if self.training.clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(self.moving, self.training.clip_norm)
        rate = self.clock.param_groups[0]["lr"]
        if self.training.schedule.warmup:
            rate *= min(1.0, (self.step_count + 1) / self.training.schedule.warmup)
        self.optimizer.param_groups[0]["lr"] = rate
        with torch.no_grad():
            for name, values in self.p.items():
                if name.startswith("W") and values.requires_grad:
                    values *= 1 - rate * self.training.weight_decay
        self.optimizer.step()
        self.clock.step()
        self.step_count += 1
        if self.training.schedule.kind == "one_cycle" and self.step_count < STEPS:
            self.schedule.step()

    def train(self, steps: int = STEPS) -> dict[str, Any]:
        """The training loss after every epoch, and all parameters after the last step."""
        losses, size = [], self.training.batch_size
        while self.step_count < steps:
            for start in range(0, len(self.x), size):
                if self.step_count == steps:
                    break
                self.update(slice(start, start + size))
            else:
                with torch.no_grad():
                    loss = float(self.data_loss(self.outputs(self.x, False), self.labels))
                losses.append(loss)
                if self.training.schedule.kind == "plateau":
                    self.schedule.step(loss)
                elif self.training.schedule.kind != "one_cycle":
                    self.schedule.step()
        return {"losses": losses, "parameters": {k: v.detach().numpy().tolist() for k, v in self.p.items()}}


def golden() -> list[dict[str, Any]]:
    """What PyTorch makes of the covering set: the loss after every tenth epoch and the final parameters."""
    results = [Twin(experiment).train() for experiment in covering_set()]
    return [{"losses": result["losses"][9::10], "parameters": result["parameters"]} for result in results]


if __name__ == "__main__":
    GOLDEN.parent.mkdir(exist_ok=True)
    lines = ",\n".join(json.dumps(one) for one in golden())
    GOLDEN.write_text(f"[\n{lines}\n]\n")
