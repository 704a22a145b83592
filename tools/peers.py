"""The libraries that our engines are raced against: one class each, with the interface of our own racers.

All make the same updates (every point once per epoch, the last short batch included). A library is imported only in
the process of its racer.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np

from playground.catalog.choice import Array
from playground.catalog.optimizers import Adam
from playground.cli.racers import Contestant

BETA1, BETA2, EPS = Adam().beta1, Adam().beta2, Adam().eps


class Jax(Contestant):
    """One jitted call per epoch: a scan over the shuffled batches, buffers donated, no waiting between epochs.

    Of the variants tried this is the fastest: arrays of shape (units, batch) for narrow networks and (batch, units)
    for wide ones; gathering each batch inside the scan; no unrolling. XLA's own flags made no difference.
    """

    label = "JAX"
    package = "jax"

    def build(self) -> None:
        import jax
        import jax.numpy as jnp

        self.jax, self.jnp = jax, jnp
        self.transposed = max(self.sizes) < 32
        self.device_grid = jnp.array(self.grid)
        x, t = jnp.array(self.x), jnp.array(self.labels, jnp.float32)
        points, size, rate = len(self.x), self.batch_size, self.experiment.training.learning_rate
        whole = points - points % size
        shuffle = self.experiment.training.shuffle

        def loss(weights: Any, x: Any, t: Any) -> Any:
            o = self.forward(weights, x)
            return jnp.mean(jax.nn.softplus(o) - o * t)

        def step(carry: Any, places: Any) -> tuple[Any, None]:
            weights, slots, count = carry
            gradient = jax.grad(loss)(weights, x[places], t[places])
            return (*self.update(weights, gradient, slots, count, rate), count + 1), None

        def epoch(carry: Any, key: Any) -> Any:
            key, drawn = jax.random.split(key)
            order = jax.random.permutation(drawn, points) if shuffle else jnp.arange(points)
            carry, _ = jax.lax.scan(step, carry, order[:whole].reshape(-1, size))
            if whole < points:
                carry, _ = step(carry, order[whole:])
            return carry, key

        self.epoch = jax.jit(epoch, donate_argnums=(0, 1))
        self.outputs = jax.jit(self.forward)

    def forward(self, weights: Any, x: Any) -> Any:
        """The logits of points x, shape (n, 2): shape (n,)."""
        a = x.T if self.transposed else x
        for place, (W, b) in enumerate(weights):
            z = W @ a + b if self.transposed else a @ W + b
            a = self.jnp.tanh(z) if place < len(weights) - 1 else z
        return a[0] if self.transposed else a[:, 0]

    def update(self, weights: Any, gradient: Any, slots: Any, count: Any, rate: float) -> tuple[Any, Any]:
        """SGD or Adam, whose first update has the count 1."""
        tree_map, jnp = self.jax.tree.map, self.jnp
        if not self.learns_by_adam:
            return tree_map(lambda w, g: w - rate * g, weights, gradient), slots
        m = tree_map(lambda m, g: BETA1 * m + (1 - BETA1) * g, slots[0], gradient)
        v = tree_map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, slots[1], gradient)
        along, across = rate / (1 - BETA1**count), jnp.sqrt(1 - BETA2**count)
        return tree_map(lambda w, m, v: w - along * m / (jnp.sqrt(v) / across + EPS), weights, m, v), (m, v)

    def reset(self) -> None:
        jnp, tree_map = self.jnp, self.jax.tree.map
        weights = [
            (jnp.array(W), jnp.array(b[:, None])) if self.transposed else (jnp.array(W.T), jnp.array(b))
            for W, b in self.initial
        ]
        slots = tuple(tree_map(jnp.zeros_like, weights) for _ in range(2)) if self.learns_by_adam else ()
        self.carry, self.key = (weights, slots, jnp.float32(1)), self.jax.random.key(self.experiment.seed)

    def train(self, count: int) -> None:
        for _ in range(count):
            self.carry, self.key = self.epoch(self.carry, self.key)
        self.jax.block_until_ready(self.carry)

    def weights(self) -> list[tuple[Array, Array]]:
        return [(np.asarray(W if self.transposed else W.T), np.ravel(b)) for W, b in self.carry[0]]

    def boundary(self) -> Array:
        return np.asarray(self.outputs(self.carry[0], self.device_grid))


class PyTorch(Contestant):
    """PyTorch eager, functional without modules; SGD by one foreach call, Adam fused.

    Of the variants with autograd that were tried this is the fastest everywhere: 1.3 to 1.5 times as fast as
    `nn.Sequential` with `torch.optim` (plain, foreach or fused) for the small networks, 1.05 times for the largest.
    """

    label = "PyTorch"
    package = "torch"

    def build(self) -> None:
        import torch

        torch.set_num_threads(1)
        self.torch = torch
        self.tensor_x, self.tensor_grid = torch.tensor(self.x), torch.tensor(self.grid)
        self.tensor_t = torch.tensor(self.labels, dtype=torch.float32)[:, None]

    def reset(self) -> None:
        torch = self.torch
        torch.manual_seed(self.experiment.seed)
        self.parameters = [torch.tensor(array, requires_grad=True) for pair in self.initial for array in pair]
        rate = self.experiment.training.learning_rate
        self.rate = rate
        if self.learns_by_adam:
            self.adam = torch.optim.Adam(self.parameters, lr=rate, betas=(BETA1, BETA2), eps=EPS, fused=True)

    def forward(self, x: Any) -> Any:
        """The logits of points x, shape (n, 2): shape (n, 1)."""
        linear, p = self.torch.nn.functional.linear, self.parameters
        for place in range(0, len(p) - 2, 2):
            x = self.torch.tanh(linear(x, p[place], p[place + 1]))
        return linear(x, p[-2], p[-1])

    def train(self, count: int) -> None:
        for _ in range(count):
            x, t = self.tensor_x, self.tensor_t
            if self.experiment.training.shuffle:
                order = self.torch.randperm(len(x))
                x, t = x[order], t[order]
            for batch in zip(x.split(self.batch_size), t.split(self.batch_size), strict=True):
                self.step(*batch)

    def step(self, x: Any, t: Any) -> None:
        """One update."""
        torch = self.torch
        loss = torch.nn.functional.binary_cross_entropy_with_logits(self.forward(x), t)
        gradients = torch.autograd.grad(loss, self.parameters)
        if self.learns_by_adam:
            for parameter, gradient in zip(self.parameters, gradients, strict=True):
                parameter.grad = gradient
            self.adam.step()
        else:
            with torch.no_grad():
                torch._foreach_add_(self.parameters, gradients, alpha=-self.rate)

    def weights(self) -> list[tuple[Array, Array]]:
        arrays = [parameter.detach().numpy() for parameter in self.parameters]
        return list(zip(arrays[0::2], arrays[1::2], strict=True))

    def boundary(self) -> Array:
        with self.torch.inference_mode():
            result: Array = self.forward(self.tensor_grid).numpy()
        return result


class ScikitLearn(Contestant):
    """scikit-learn's MLPClassifier; a `partial_fit` of all points is one epoch of shuffled batches."""

    label = "scikit-learn"
    package = "sklearn"

    def reset(self) -> None:
        from sklearn.neural_network import MLPClassifier

        training = self.experiment.training
        self.model = MLPClassifier(
            hidden_layer_sizes=self.sizes[1:-1],
            activation="tanh",
            solver="adam" if self.learns_by_adam else "sgd",
            alpha=0,
            batch_size=self.batch_size,
            learning_rate_init=training.learning_rate,
            momentum=0,
            nesterovs_momentum=False,
            beta_1=BETA1,
            beta_2=BETA2,
            epsilon=EPS,
            shuffle=training.shuffle,
            random_state=self.experiment.seed,
        )
        self.classes = self.labels.astype(int)
        # The arrays exist only after a first call; then they are filled and the optimizer is created again.
        self.model.partial_fit(self.x, self.classes, classes=[0, 1])
        for place, (W, b) in enumerate(self.initial):
            self.model.coefs_[place][...] = W.T
            self.model.intercepts_[place][...] = b
        del self.model._optimizer

    def train(self, count: int) -> None:
        for _ in range(count):
            self.model.partial_fit(self.x, self.classes)

    def weights(self) -> list[tuple[Array, Array]]:
        return [(W.T, b) for W, b in zip(self.model.coefs_, self.model.intercepts_, strict=True)]

    def boundary(self) -> Array:
        result: Array = self.model.predict_proba(self.grid)
        return result


PEERS: dict[str, type[Contestant]] = {"jax": Jax, "torch": PyTorch, "sklearn": ScikitLearn}


def installed(racer: type[Contestant]) -> bool:
    """Whether a racer can be imported."""
    return find_spec(racer.package) is not None
