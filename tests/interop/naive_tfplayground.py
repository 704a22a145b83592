"""TensorFlow Playground once more, as literally as Python allows: one object per node and link, one loop per sum.

Nothing here is shared with the program, so that agreement means something. Names and the order of every sum are those
of the original's `nn.ts`, `dataset.ts` and `playground.ts`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

DEFAULTS = {
    "activation": "tanh", "regularization": "none", "batchSize": "10", "dataset": "circle", "regDataset": "reg-plane",
    "learningRate": "0.03", "regularizationRate": "0", "noise": "0", "networkShape": "4,2", "percTrainData": "50",
    "x": "true", "y": "true", "xTimesY": "false", "xSquared": "false", "ySquared": "false", "sinX": "false",
    "sinY": "false", "problem": "classification", "initZero": "false",
}  # fmt: skip
INPUTS: dict[str, Callable[[float, float], float]] = {
    "x": lambda x, y: x,
    "y": lambda x, y: y,
    "xSquared": lambda x, y: x * x,
    "ySquared": lambda x, y: y * y,
    "xTimesY": lambda x, y: x * y,
    "sinX": lambda x, y: math.sin(x),
    "sinY": lambda x, y: math.sin(y),
}


def seedrandom(seed: str) -> Callable[[], float]:
    key: dict[int, int] = {}
    smear = 0
    for j, character in enumerate(seed):
        smear ^= key.get(j & 255, 0) * 19
        key[j & 255] = (smear + ord(character)) & 255
    S = list(range(256))
    j = 0
    for i in range(256):
        t = S[i]
        j = (j + key[i % len(key)] + t) & 255
        S[i] = S[j]
        S[j] = t
    place = [0, 0]

    def g(count: int) -> float:
        r = 0.0
        i, j = place
        for _ in range(count):
            i = (i + 1) & 255
            t = S[i]
            j = (j + t) & 255
            S[i] = S[j]
            S[j] = t
            r = r * 256 + S[(S[i] + S[j]) & 255]
        place[:] = [i, j]
        return r

    for _ in range(256):
        g(1)

    def random() -> float:
        n, d, x = g(6), 256.0**6, 0
        while n < 2.0**52:
            n = (n + x) * 256
            d *= 256
            x = int(g(1))
        while n >= 2.0**53:
            n /= 2
            d /= 2
            x >>= 1
        return (n + x) / d

    return random


class Node:
    def __init__(self, activation: str, init_zero: bool) -> None:
        self.inputLinks: list[Link] = []
        self.outputs: list[Link] = []
        self.bias = 0.0 if init_zero else 0.1
        self.activation = activation
        self.totalInput = self.output = self.outputDer = self.inputDer = self.accInputDer = 0.0
        self.numAccumulatedDers = 0


class Link:
    def __init__(self, source: Node, dest: Node, weight: float) -> None:
        self.source, self.dest, self.weight = source, dest, weight
        self.isDead = False
        self.accErrorDer = 0.0
        self.numAccumulatedDers = 0


def act(kind: str, x: float) -> float:
    if kind == "tanh":
        return math.tanh(x)
    if kind == "relu":
        return max(0.0, x)
    if kind == "sigmoid":
        return 1 / (1 + math.exp(-x))
    return x


def act_der(kind: str, x: float) -> float:
    if kind == "relu":
        return 0.0 if x <= 0 else 1.0
    if kind == "linear":
        return 1.0
    output = act(kind, x)
    return 1 - output * output if kind == "tanh" else output * (1 - output)


class Page:
    """The page right after it was opened; `iteration` is one pass over the training points."""

    def __init__(self, link: str) -> None:
        said = dict(pair.split("=") for pair in link.partition("#")[2].split("&"))
        self.state: dict[str, str] = {**DEFAULTS, **said}
        self.random = seedrandom(self.state["seed"])
        self.is_regression = self.state["problem"] == "regression"
        self.points = self.generate()
        self.shuffle()
        split = math.floor(len(self.points) * float(self.state["percTrainData"]) / 100)
        self.train, self.test = self.points[:split], self.points[split:]
        self.inputs = [f for name, f in INPUTS.items() if self.state[name] == "true"]
        self.build()

    def uniform(self, a: float, b: float) -> float:
        return self.random() * (b - a) + a

    def generate(self) -> list[tuple[float, float, float]]:
        noise = float(self.state["noise"]) / 100
        kind = self.state["regDataset" if self.is_regression else "dataset"]
        points: list[tuple[float, float, float]] = []
        if kind == "circle":
            for low, high in ((0, 5 * 0.5), (5 * 0.7, 5)):
                for _ in range(250):
                    r = self.uniform(low, high)
                    angle = self.uniform(0, 2 * math.pi)
                    x = r * math.sin(angle)
                    y = r * math.cos(angle)
                    nx = self.uniform(-5, 5) * noise
                    ny = self.uniform(-5, 5) * noise
                    points.append((x, y, 1 if math.sqrt((x + nx) ** 2 + (y + ny) ** 2) < 2.5 else -1))
        if kind == "xor":
            for _ in range(500):
                x = self.uniform(-5, 5)
                x += 0.3 if x > 0 else -0.3
                y = self.uniform(-5, 5)
                y += 0.3 if y > 0 else -0.3
                nx = self.uniform(-5, 5) * noise
                ny = self.uniform(-5, 5) * noise
                points.append((x, y, 1 if (x + nx) * (y + ny) >= 0 else -1))
        if kind == "gauss":
            variance = 0.5 + noise / 0.5 * 3.5
            for centre, label in ((2, 1), (-2, -1)):
                for _ in range(250):
                    x = centre + math.sqrt(variance) * self.normal()
                    y = centre + math.sqrt(variance) * self.normal()
                    points.append((x, y, label))
        if kind == "spiral":
            for delta, label in ((0.0, 1), (math.pi, -1)):
                for i in range(250):
                    r = i / 250 * 5
                    t = 1.75 * i / 250 * 2 * math.pi + delta
                    x = r * math.sin(t) + self.uniform(-1, 1) * noise
                    y = r * math.cos(t) + self.uniform(-1, 1) * noise
                    points.append((x, y, label))
        if kind in ("reg-plane", "reg-gauss"):
            for _ in range(1200):
                x = self.uniform(-6, 6)
                y = self.uniform(-6, 6)
                nx = self.uniform(-6, 6) * noise
                ny = self.uniform(-6, 6) * noise
                points.append((x, y, self.value(kind, x + nx, y + ny)))
        return points

    def normal(self) -> float:
        s = 2.0
        while s > 1:
            v1 = 2 * self.random() - 1
            v2 = 2 * self.random() - 1
            s = v1 * v1 + v2 * v2
        return math.sqrt(-2 * math.log(s) / s) * v1

    def value(self, kind: str, x: float, y: float) -> float:
        if kind == "reg-plane":
            return (x + y) / 10
        label = 0.0
        for cx, cy, sign in ((-4, 2.5, 1), (0, 2.5, -1), (4, 2.5, 1), (-4, -2.5, -1), (0, -2.5, 1), (4, -2.5, -1)):
            height = sign * max(0.0, 1 - math.sqrt((x - cx) ** 2 + (y - cy) ** 2) / 2)
            if abs(height) > abs(label):
                label = height
        return label

    def shuffle(self) -> None:
        counter = len(self.points)
        while counter > 0:
            index = math.floor(self.random() * counter)
            counter -= 1
            temp = self.points[counter]
            self.points[counter] = self.points[index]
            self.points[index] = temp

    def build(self) -> None:
        init_zero = self.state["initZero"] == "true"
        hidden = [int(size) for size in self.state["networkShape"].split(",")] if self.state["networkShape"] else []
        shape = [len(self.inputs), *hidden, 1]
        self.network: list[list[Node]] = []
        for layer, size in enumerate(shape):
            kind = self.state["activation"]
            if layer == len(shape) - 1:
                kind = "linear" if self.is_regression else "tanh"
            self.network.append([])
            for _ in range(size):
                node = Node(kind, init_zero)
                self.network[layer].append(node)
                for before in self.network[layer - 1] if layer else []:
                    weight = self.random() - 0.5
                    link = Link(before, node, 0.0 if init_zero else weight)
                    before.outputs.append(link)
                    node.inputLinks.append(link)

    def forward(self, x: float, y: float) -> float:
        for node, f in zip(self.network[0], self.inputs, strict=True):
            node.output = f(x, y)
        for layer in self.network[1:]:
            for node in layer:
                node.totalInput = node.bias
                for link in node.inputLinks:
                    node.totalInput += link.weight * link.source.output
                node.output = act(node.activation, node.totalInput)
        return self.network[-1][0].output

    def backward(self, target: float) -> None:
        output = self.network[-1][0]
        output.outputDer = output.output - target
        for place in range(len(self.network) - 1, 0, -1):
            for node in self.network[place]:
                node.inputDer = node.outputDer * act_der(node.activation, node.totalInput)
                node.accInputDer += node.inputDer
                node.numAccumulatedDers += 1
            for node in self.network[place]:
                for link in node.inputLinks:
                    if not link.isDead:
                        link.accErrorDer += node.inputDer * link.source.output
                        link.numAccumulatedDers += 1
            if place > 1:
                for node in self.network[place - 1]:
                    node.outputDer = 0
                    for link in node.outputs:
                        node.outputDer += link.weight * link.dest.inputDer

    def update(self) -> None:
        rate, penalty = float(self.state["learningRate"]), float(self.state["regularizationRate"])
        kind = self.state["regularization"]
        for layer in self.network[1:]:
            for node in layer:
                if node.numAccumulatedDers > 0:
                    node.bias -= rate * node.accInputDer / node.numAccumulatedDers
                    node.accInputDer, node.numAccumulatedDers = 0.0, 0
                for link in node.inputLinks:
                    if link.isDead:
                        continue
                    der = {"none": 0.0, "L1": float((link.weight > 0) - (link.weight < 0)), "L2": link.weight}[kind]
                    if link.numAccumulatedDers > 0:
                        link.weight = link.weight - rate / link.numAccumulatedDers * link.accErrorDer
                        new = link.weight - rate * penalty * der
                        if kind == "L1" and link.weight * new < 0:
                            link.weight = 0.0
                            link.isDead = True
                        else:
                            link.weight = new
                        link.accErrorDer, link.numAccumulatedDers = 0.0, 0

    def iteration(self) -> None:
        for i, (x, y, label) in enumerate(self.train):
            self.forward(x, y)
            self.backward(label)
            if (i + 1) % float(self.state["batchSize"]) == 0:
                self.update()

    def loss(self, points: list[Any]) -> float:
        total = 0.0
        for x, y, label in points:
            total += 0.5 * (self.forward(x, y) - label) ** 2
        return total / len(points)

    def weights(self) -> list[list[list[float]]]:
        return [[[link.weight for link in node.inputLinks] for node in layer] for layer in self.network[1:]]

    def dead(self) -> int:
        return sum(link.isDead for layer in self.network for node in layer for link in node.inputLinks)
