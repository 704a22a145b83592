"""How a PyTorch script trains: batches, loss, penalty, optimizer, learning rate, early stopping.

Every function returns text, and an empty one (or no lines) for what the experiment does not use. Optimizers are
PyTorch's own; the order of the points and what dropout silences come from the engine's hash, which is quoted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from playground.catalog.choice import Choice, listing
from playground.catalog.datasets.base import TRAIN
from playground.catalog.losses import CrossEntropy
from playground.catalog.optimizers import Momentum, Sgd
from playground.catalog.regularizers import NoRegularizer
from playground.catalog.schedules import Plateau
from playground.engine import randomness
from playground.engine.network import NetworkLayer
from playground.files.errors import InputError
from playground.interop.export.exportable import Exportable
from playground.interop.export.sources import join_definitions, quoted

_ACTIVATIONS = {
    "linear": "z",
    "sigmoid": "torch.sigmoid(z)",
    "tanh": "torch.tanh(z)",
    "relu": "F.relu(z)",
    "leaky_relu": "F.leaky_relu(z, {slope!r})",
    "elu": "F.elu(z)",
    "selu": "F.selu(z)",
    "gelu": "F.gelu(z)",
    "silu": "F.silu(z)",
    "softplus": "F.softplus(z)",
    "sine": "torch.sin(z)",
}
_OPTIMIZERS = {
    "sgd": "torch.optim.SGD(moving, lr={lr!r})",
    "momentum": "torch.optim.SGD(moving, lr={lr!r}, momentum={momentum!r}, nesterov={nesterov!r})",
    "rmsprop": "torch.optim.RMSprop(moving, lr={lr!r}, alpha={alpha!r}, eps={eps!r}, momentum={momentum!r})",
    "adam": "torch.optim.Adam(moving, lr={lr!r}, betas=({beta1!r}, {beta2!r}), eps={eps!r})",
    "adagrad": "torch.optim.Adagrad(moving, lr={lr!r}, eps={eps!r})",
    "adadelta": "torch.optim.Adadelta(moving, lr={lr!r}, rho={rho!r}, eps={eps!r})",
    "nadam": (
        "torch.optim.NAdam(\n"
        "        moving, lr={lr!r}, betas=({beta1!r}, {beta2!r}), eps={eps!r}, momentum_decay={momentum_decay!r}\n"
        "    )"
    ),
}
_PENALTIES = {
    "l1": "{strength!r} * {w}.abs().sum()",
    "l2": "{strength!r} * {w}.square().sum()",
    "elastic_net": "{l1!r} * {w}.abs().sum() + {l2!r} * {w}.square().sum()",
}
_LOSSES = {
    "squared_error": "((o - t) ** 2 / 2).sum(dim=1)",
    "absolute_error": "(o - t).abs().sum(dim=1)",
    "huber": 'F.huber_loss(o, t, reduction="none", delta={delta!r}).sum(dim=1)',
}
_SCHEDULES = {
    "constant": "{lr!r}",
    "step": "{lr!r} * {gamma!r} ** (epoch // {step_size!r})",
    "exponential": "{lr!r} * {gamma!r} ** epoch",
    "inverse_time": "{lr!r} / (1 + {rate!r} * epoch)",
    "plateau": "max({lr!r} * {factor!r} ** reductions, {min_lr!r}) if reductions else {lr!r}",
}
_COSINE = """
period = {period!r}
while epoch >= period:
    epoch, period = epoch - period, period * {multiplier!r}
rate = {min_lr!r} + ({lr!r} - {min_lr!r}) * (1 + math.cos(math.pi * epoch / period)) / 2
""".strip()
_ONE_CYCLE = """
first, total = {lr!r} / {div!r}, {epochs!r} * STEPS_PER_EPOCH
place, top = min(step, total - 1), {pct_start!r} * total - 1
if place <= top:
    rate = glide(first, {lr!r}, place / top if top else 1.0)
else:
    rate = glide({lr!r}, first / {final_div!r}, (place - top) / (total - 1 - top))
""".strip()
_GLIDE = '''
def glide(start, end, share):
    """From start to end along half a cosine, `share` of the way."""
    return end + (start - end) / 2 * (1 + math.cos(math.pi * share))
'''.strip()

_DROPOUT_MASK = '''
def dropout_mask(step, layer, first, a, share):
    """0 where a unit is silenced and 1 / (1 - share) elsewhere, for a of shape (points, units)."""
    drawn = uniform(key(SEED, DROPOUT, step, layer), a.numel(), first * a.shape[1]).reshape(a.shape)
    return torch.tensor(np.where(drawn < share, 0, 1 / (1 - share))).to(a.dtype)
'''.strip()

_ROW = '''
class Row(NamedTuple):
    """How good the network is after an epoch; losses are means per point, without the price on weights."""

    epoch: int
    step: int
    train_loss: float
    validation_loss: float
'''.strip()

_EVALUATE = '''
def mean_loss(network, part):
    """The mean loss of points; NaN if there are none."""
    if not len(part.labels):
        return math.nan
    return losses(network(part.inputs), part.labels).double().mean().item()


@torch.no_grad()
def evaluate(network, training, validation, epoch, step):
    """The network at the end of an epoch, with nothing silenced."""
    network.eval()
    return Row(epoch, step, mean_loss(network, training), mean_loss(network, validation))
'''.strip()

_ACCURACY = '''
@torch.no_grad()
def accuracy(network, part):
    """{words}"""
    network.eval()
    o = network(part.inputs)
    {line}
'''.strip()

_TRAIN = '''
def train(most_epochs=math.inf, report=lambda row: None):
    """Train from the initial weights; returns the network and a Row per epoch, the first one before training."""
    training, validation = points(0), points(1)
    network = build(INITIAL)
    moving = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimizer = {optimizer}
{setup}
    epoch, step = 0, 0
    history = [evaluate(network, training, validation, epoch, step)]
    report(history[-1])
    while step < STEPS and epoch < most_epochs:
        network.train()
{epoch_start}
        for batch in whole:
            if step == STEPS:
                return network, history
{update}
            step += 1
{epoch_end}
        epoch += 1
        row = evaluate(network, training, validation, epoch, step)
        if not all(math.isfinite(loss) for loss in (row.train_loss, {validation})):
            break
        history.append(row)
        report(row)
{observe}
{end}
    return network, history
'''.strip()

MAIN = """
if __name__ == "__main__":
    torch.set_num_threads(1)
    _, history = train(report=lambda row: print(
        f"epoch {row.epoch:6,}   training loss {row.train_loss:.6g}   validation loss {row.validation_loss:.6g}"
    ))
    recorded = dict(zip(RECORDED["epoch"].tolist(), RECORDED["train_loss"].tolist()))
    apart = [abs(row.train_loss - recorded[row.epoch]) for row in history if row.epoch in recorded]
    if apart:
        print(f"The training losses are within {max(apart):.1e} of those that the playground recorded.")
        if max(apart) > 1e-5:
            print("Rounding grows as training goes on; start the experiment in float64 to see how far that matters.")
    else:
        print("The experiment was changed while it trained, so there are no recorded losses to compare with.")
""".strip()

_UNTRAINED_EPOCHS = 100
"""Epochs in the script of an untrained network whose experiment does not limit them."""


def expression(activation: Choice, z: str) -> str:
    """The code for an activation of z."""
    return fill_in(_ACTIVATIONS, activation, "layers.activation").replace("(z", f"({z}")


def fill_in(table: dict[str, str], choice: Choice, place: str, **more: Any) -> str:
    """The code for a choice, with its settings filled in."""
    if choice.kind not in table:
        raise InputError(place, choice.kind, f"for PyTorch one of {listing(table)}")
    return table[choice.kind].format(**dict(zip(choice.__struct_fields__, _settings_of(choice), strict=True)), **more)


def _settings_of(choice: Choice) -> list[Any]:
    return [getattr(choice, name) for name in choice.__struct_fields__]


def _indented(text: str | Iterable[str], depth: int) -> str:
    lines = text.splitlines() if isinstance(text, str) else [line for part in text for line in part.splitlines()]
    return "\n".join(" " * 4 * depth + line if line else "" for line in lines)


# What an experiment uses --------------------------------------------------------------------------------------


def _learning(exportable: Exportable) -> list[tuple[str, NetworkLayer]]:
    """The layers that learn, with the name of each in the script."""
    last = len(exportable.network.layers) - 1
    named = [
        (f"network.layer{'_out' if place == last else place + 1}", layer)
        for place, layer in enumerate(exportable.network.layers)
    ]
    return [(name, layer) for name, layer in named if layer.trainable]


def drops_out(exportable: Exportable) -> bool:
    """Whether there is dropout."""
    return any(layer.dropout and not layer.muted for layer in exportable.network.layers)


def _prunable(exportable: Exportable) -> list[tuple[str, NetworkLayer]]:
    """The layers whose weights stay zero once they get there."""
    return [(name, layer) for name, layer in _learning(exportable) if layer.regularizer.prunes]


def _penalised(exportable: Exportable) -> list[tuple[str, NetworkLayer]]:
    """The layers with a penalty on their weights."""
    return [(name, layer) for name, layer in _learning(exportable) if not isinstance(layer.regularizer, NoRegularizer)]


def randomness_used(exportable: Exportable) -> str:
    """The parts of the engine's random generator that the script needs."""
    training = exportable.experiment.training
    definitions: dict[str, str] = {}
    if training.shuffle:
        definitions |= quoted(randomness.permutation)
    if drops_out(exportable):
        definitions |= {"DROPOUT": f"DROPOUT = {randomness.DROPOUT}"}
        definitions |= quoted(randomness.key) | quoted(randomness.uniform) | {"dropout_mask": _DROPOUT_MASK}
    if training.weight_noise:
        definitions |= {"WEIGHT_NOISE": f"WEIGHT_NOISE = {randomness.WEIGHT_NOISE}"}
        definitions |= quoted(randomness.key) | quoted(randomness.normal)
    if not definitions:
        return ""
    words = "# Random numbers without memory: each is a hash of the seed, of what it is for, and of the update.\n"
    return words + join_definitions(definitions)


# The parts of the script --------------------------------------------------------------------------------------


def parts(exportable: Exportable) -> list[str]:
    """All definitions that are about training."""
    watches = exportable.experiment.training.early_stopping
    return [
        _constants(exportable),
        _targets(exportable),
        _losses(exportable),
        _penalty(exportable),
        _GLIDE if exportable.experiment.training.schedule.kind == "one_cycle" else "",
        _learning_rate(exportable),
        _ROW,
        _EVALUATE,
        _accuracy(exportable) if watches is not None and watches.watch == "validation_accuracy" else "",
        _train(exportable),
    ]


def _constants(exportable: Exportable) -> str:
    training, points = exportable.experiment.training, exportable.training_points
    size = min(training.batch_size or points, points)
    whole, left = divmod(points, size)
    per_epoch = whole + (1 if left and training.batching == "partial" else 0)
    epochs = _UNTRAINED_EPOCHS if training.epochs is None else training.epochs
    return "\n".join(
        [
            f"BATCH_SIZE = {size}",
            f"STEPS_PER_EPOCH = {per_epoch}",
            f"STEPS = {exportable.step or epochs * per_epoch}  # updates in all",
        ]
    )


def _targets(exportable: Exportable) -> str:
    loss, outputs = exportable.network.loss, exportable.sample.outputs
    if exportable.sample.task == "regression":
        scale, value = exportable.sample.target_scale, "labels[:, None]"
        if exportable.sample.scales_target:
            value = f"(({value} - {scale.offset!r}) / {scale.factor!r})"
        value += ".to(torch.get_default_dtype())"
    elif isinstance(loss, CrossEntropy) and outputs > 1:
        value = "labels"
    elif outputs > 1:
        value = f"F.one_hot(labels, {outputs}).to(torch.get_default_dtype())"
    else:
        value = f"torch.where(labels[:, None] > 0, 1.0, {loss.negative_target!r})"
    return f'def targets(labels):\n    """What the output layer should give, for the loss."""\n    return {value}'


def _losses(exportable: Exportable) -> str:
    """The function for the loss of every point, with the weight of its class if the loss has such."""
    loss = exportable.network.loss
    if not isinstance(loss, CrossEntropy):
        value = fill_in(_LOSSES, loss, "loss")
    elif exportable.sample.outputs > 1:
        value = 'F.cross_entropy(o, t, reduction="none")'
    else:
        value = 'F.binary_cross_entropy_with_logits(o, t, reduction="none")[:, 0]'
    sample, constant, factor = exportable.sample, "", ""
    if sample.task == "classification":
        labels = sample.labels[sample.split == TRAIN]
        weights = loss.weights_of_classes(labels, len(sample.class_names))
        if weights is not None:
            values = f"torch.tensor({weights.tolist()!r}, dtype=torch.float64)"
            constant = f"# How much a point of each class counts in the loss.\nCLASS_WEIGHTS = {values}\n\n\n"
            factor = " * CLASS_WEIGHTS[labels].to(o.dtype)"
    return (
        f'{constant}def losses(o, labels):\n    """The loss of every point: outputs o against what they should be."""\n'
        f"    t = targets(labels)\n    return {value}{factor}"
    )


def _penalty(exportable: Exportable) -> str:
    costs = [
        fill_in(_PENALTIES, layer.regularizer, "regularizer", w=f"{name}.weight")
        for name, layer in _penalised(exportable)
    ]
    if not costs:
        return ""
    sums = "".join(f"        {'+ ' if place else ''}{cost}\n" for place, cost in enumerate(costs))
    return (
        "def penalty(network):\n"
        '    """What the weights cost, added to the loss that is made small. Biases are free."""\n'
        f"    return (\n{sums}    )"
    )


def _learning_rate(exportable: Exportable) -> str:
    training = exportable.experiment.training
    schedule, lr = training.schedule, training.learning_rate
    special = {"cosine": _COSINE, "one_cycle": _ONE_CYCLE}
    if schedule.kind in special:
        body = fill_in(special, schedule, "training.schedule", lr=lr)
    else:
        body = "rate = " + fill_in(_SCHEDULES, schedule, "training.schedule", lr=lr)
    lines = [body]
    if schedule.warmup:
        lines.append(f"return rate * min(1.0, (step + 1) / {schedule.warmup!r})")
    else:
        lines.append("return rate")
    if len(lines) == 2 and body.startswith("rate = ") and not schedule.warmup:
        lines = ["return " + body.removeprefix("rate = ")]
    more = ", reductions" if isinstance(schedule, Plateau) else ""
    head = f'def learning_rate(epoch, step{more}):\n    """η of the next update, after so many epochs and updates."""\n'
    return head + _indented(lines, 1)


def _accuracy(exportable: Exportable) -> str:
    if exportable.sample.task == "regression":
        words = "R²: 1 minus the squared error by that of always saying the mean; NaN if all values are equal."
        line = (
            "t = targets(part.labels)[:, 0].double()\n"
            "    total = ((t - t.mean()) ** 2).sum()\n"
            "    error = ((t - o[:, 0].double()) ** 2).sum()\n"
            "    return 1 - (error / total).item() if len(t.unique()) > 1 else math.nan"
        )
        return _ACCURACY.format(words=words, line=line)
    one = f"(o[:, 0] >= {exportable.network.loss.threshold!r}).long()"
    said = "o.argmax(dim=1)" if exportable.sample.outputs > 1 else one
    line = f"return ({said} == part.labels).double().mean().item()"
    return _ACCURACY.format(words="The share of points that are given the right class.", line=line)


# The loop -----------------------------------------------------------------------------------------------------


def _train(exportable: Exportable) -> str:
    text = _TRAIN.format(
        optimizer=_optimizer(exportable),
        setup=_indented(_setup(exportable), 1),
        epoch_start=_indented(_epoch_start(exportable), 2),
        update=_indented(_update(exportable), 3),
        epoch_end=_indented(_epoch_end(exportable), 2),
        observe=_indented(_observe(exportable), 2),
        end=_indented(_end(exportable), 1),
        validation="row.validation_loss" if exportable.experiment.data.validates else "0.0",
    )
    return "\n".join(line for line in text.splitlines() if line.strip())


def _optimizer(exportable: Exportable) -> str:
    chosen, rate = exportable.experiment.training.optimizer, exportable.experiment.training.learning_rate
    if isinstance(chosen, Momentum):
        # PyTorch refuses Nesterov's rule without momentum, where it makes no difference.
        chosen = msgspec.structs.replace(chosen, nesterov=chosen.nesterov and chosen.momentum > 0)
    return fill_in(_OPTIMIZERS, chosen, "training.optimizer", lr=rate)


def _setup(exportable: Exportable) -> list[str]:
    training, lines = exportable.experiment.training, []
    if training.weight_decay:
        lines.append(f"weights = [{', '.join(f'{name}.weight' for name, _ in _learning(exportable))}]")
    if training.weight_noise:
        entries = [
            f"({name}.{kind}, {place.start}), "
            for name, layer in _learning(exportable)
            for kind, place in (("weight", layer.weights), ("bias", layer.biases))
        ]
        lines += ["# Where each has its place in the row of all random numbers of an update."]
        lines += [f"noisy = [{''.join(entries).rstrip(', ')}]"]
    if _prunable(exportable):
        entries = [f"({name}.weight, {layer.regularizer.values[0]!r})" for name, layer in _prunable(exportable)]
        lines += [
            "# Weights that are carried across zero stay there; each with the price on its size.",
            f"prunable = [{', '.join(entries)}]",
            "pruned = [torch.zeros_like(weight, dtype=torch.bool) for weight, _ in prunable]",
        ]
    if training.batching == "carry":
        lines += ["# Points left over from the last epoch, whose gradient is still to be used.", "carried = 0"]
    if isinstance(training.schedule, Plateau):
        lines.append("lowest, bad_epochs, reductions = math.inf, 0, 0")
    if training.early_stopping is not None:
        lines.append("best, waited, kept = -math.inf, 0, None")
    return lines


def _epoch_start(exportable: Exportable) -> list[str]:
    training = exportable.experiment.training
    if training.shuffle:
        order = "order = torch.from_numpy(permutation(SEED, epoch, len(training.labels)))"
    else:
        order = "order = torch.arange(len(training.labels))"
    if training.batching == "partial":
        return [order, "whole = order.split(BATCH_SIZE)"]
    cut = "STEPS_PER_EPOCH * BATCH_SIZE"
    lines = [order, f"whole = order[: {cut}].split(BATCH_SIZE)"]
    return lines if training.batching == "drop" else [*lines, f"rest = order[{cut} :]"]


def _update(exportable: Exportable) -> list[str]:
    """The statements of one update: gradient, penalty, clipping, weight decay, optimizer, pruning, noise."""
    training = exportable.experiment.training
    lines = _gradient(exportable)
    if _penalised(exportable):
        lines += ["# The gradient of the price on weights comes on top.", "penalty(network).backward()"]
    if _prunable(exportable):
        lines += [
            "before = [weight.detach().clone() for weight, _ in prunable]",
            "for (weight, _), zero in zip(prunable, pruned):",
            "    weight.grad[zero] = 0",
        ]
    if training.clip_norm is not None:
        lines.append("# Too long a gradient is shortened.")
        lines.append(f"length = torch.nn.utils.clip_grad_norm_(moving, {training.clip_norm!r})")
    more = ", reductions" if isinstance(training.schedule, Plateau) else ""
    lines += [
        f"rate = learning_rate(epoch, step{more})",
        'optimizer.param_groups[0]["lr"] = rate',
    ]
    if training.weight_decay:
        decay = f"for weight in weights:\n    weight *= 1 - rate * {training.weight_decay!r}"
        lines += _without_gradient(["# Weight decay.", decay])
    lines += ["# The optimizer turns gradients into changes of the weights.", "optimizer.step()"]
    after = [*_pruning(exportable), *_noise(exportable)]
    if _prunable(exportable):
        after.append("for (weight, _), zero in zip(prunable, pruned):\n    weight[zero] = 0")
    lines += _without_gradient(after)
    if training.batching == "carry":
        lines.append("optimizer.zero_grad()")
    return lines


def _without_gradient(lines: list[str]) -> list[str]:
    """Lines that change weights by hand."""
    return ["with torch.no_grad():", _indented(lines, 1)] if lines else []


def _gradient(exportable: Exportable) -> list[str]:
    carries = exportable.experiment.training.batching == "carry"
    draws = f", step{', carried' if carries else ''}" if drops_out(exportable) else ""
    of_batch = f"losses(network(training.inputs[batch]{draws}), training.labels[batch])"
    stop = ["if not loss.isfinite():", "    return network, history"]
    if not carries:
        words = "# The gradient of the mean loss of this batch."
        return [words, f"loss = {of_batch}.mean()", *stop, "optimizer.zero_grad()", "loss.backward()"]
    return [
        f"loss = {of_batch}.sum()",
        *stop,
        "loss.backward()  # on top of the gradient of the points that were carried over",
        "for parameter in moving:",
        "    parameter.grad /= carried + len(batch)",
        "carried = 0",
    ]


def _pruning(exportable: Exportable) -> list[str]:
    """The statements that mark weights carried across zero."""
    training = exportable.experiment.training
    if not _prunable(exportable):
        return []
    start, words = "old", "# Those that the update has carried across zero."
    if isinstance(training.optimizer, Sgd):
        share = f" * min(1.0, {training.clip_norm!r} / (length + 1e-6))" if training.clip_norm is not None else ""
        start = f"(weight + rate{share} * price * old.sign())"
        words = "# Those that the penalty's own step has carried across zero."
    return [
        words,
        "for (weight, price), old, zero in zip(prunable, before, pruned):",
        f"    zero |= {start}.sign() * weight.sign() < 0",
    ]


def _noise(exportable: Exportable) -> list[str]:
    sigma = exportable.experiment.training.weight_noise
    if not sigma:
        return []
    return [
        "# Weight noise.",
        f"nudges = {sigma!r} * torch.tensor(normal(key(SEED, WEIGHT_NOISE, step), {exportable.network.size}))",
        "for parameter, first in noisy:",
        "    parameter += nudges[first : first + parameter.numel()].view_as(parameter).to(parameter.dtype)",
    ]


def _epoch_end(exportable: Exportable) -> list[str]:
    """The statements for points left over at the end of an epoch."""
    if exportable.experiment.training.batching != "carry":
        return []
    draws = ", step" if drops_out(exportable) else ""
    return [
        "if len(rest):",
        f"    losses(network(training.inputs[rest]{draws}), training.labels[rest]).sum().backward()",
        "    carried = len(rest)",
    ]


def _observe(exportable: Exportable) -> list[str]:
    """The statements that react to an epoch's result."""
    training, lines = exportable.experiment.training, list[str]()
    schedule, stopping = training.schedule, training.early_stopping
    if isinstance(schedule, Plateau):
        cut = f"learning_rate(0, {schedule.warmup}, reductions) - learning_rate(0, {schedule.warmup}, reductions + 1)"
        lines += [
            "# When the loss has stopped falling, the learning rate is cut.",
            f"if row.{schedule.watch} < lowest * (1 - {schedule.threshold!r}):",
            f"    lowest, bad_epochs = row.{schedule.watch}, 0",
            "else:",
            "    bad_epochs += 1",
            f"    if bad_epochs > {schedule.patience!r}:",
            "        bad_epochs = 0",
            f"        if {cut} > {schedule.SMALLEST_CUT!r}:",
            "            reductions += 1",
        ]
    if stopping is not None:
        lossy = stopping.watch == "validation_loss"
        lines += [
            "# When nothing has got better for long, training stops.",
            f"score = {'-row.validation_loss' if lossy else 'accuracy(network, validation)'}",
            f"if score > best + {stopping.min_delta!r}:",
            "    best, waited = score, 0",
            "    kept = {name: values.clone() for name, values in network.state_dict().items()}",
            "elif not math.isnan(score):",
            "    waited += 1",
            f"    if waited >= {stopping.patience!r}:",
            "        break",
        ]
    return lines


def _end(exportable: Exportable) -> list[str]:
    """The statements at the end of training, which bring back the best weights."""
    training = exportable.experiment.training
    stopping = training.early_stopping
    if stopping is None or not stopping.restore:
        return []
    ended = f"waited >= {stopping.patience!r}"
    if training.epochs is not None:
        ended = f"({ended} or epoch >= {training.epochs!r})"
    return [
        "# The best weights come back when training ends by itself.",
        f"if kept is not None and waited and {ended}:",
        "    network.load_state_dict(kept)",
    ]
