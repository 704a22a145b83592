"""The structs that make up an experiment: everything a user can choose, as one immutable value.

Files, undo, presets, links and the command line all hold experiments. `rules` checks them, and `text` reads and
writes them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec

from playground.catalog.activations import AnyActivation, Linear
from playground.catalog.choice import Declared, Task, setting, unset
from playground.catalog.datasets import AnyDataset
from playground.catalog.datasets.shapes import Circle
from playground.catalog.features import FeatureName
from playground.catalog.initializers import AnyInitializer, GlorotUniform
from playground.catalog.losses import AnyLoss, Loss, default_loss
from playground.catalog.normalizations import AnyNormalization, NoNormalization
from playground.catalog.optimizers import Adam, AnyOptimizer
from playground.catalog.regularizers import AnyRegularizer, NoRegularizer
from playground.catalog.schedules import AnySchedule, Constant
from playground.experiment.edits import with_changes


class Layer(Declared, frozen=True, forbid_unknown_fields=True):
    """One hidden layer, input side first in `Experiment.layers`."""

    units: Annotated[
        int,
        setting("Units", "How many neurons the layer has. Raise it if the network underfits; hundreds of units can memorize every point, one can only draw a line.", ge=1, le=4096, scale="log", slider=(1, 64)),
    ] = 4  # fmt: skip
    activation: AnyActivation = Linear()
    dropout: Annotated[
        float,
        setting("Dropout", "The share of units silenced at random in each update. Raise it if the network overfits, lower it if it underfits; 0 switches it off.", ge=0, lt=1, slider=(0, 0.9)),
    ] = 0.0  # fmt: skip
    initializer: Annotated[AnyInitializer | None, unset("Inherited")] = None
    regularizer: Annotated[AnyRegularizer | None, unset("Inherited")] = None
    normalization: AnyNormalization = NoNormalization()
    skip: Annotated[
        bool,
        setting("Skip connection", "When on, the layer's input is added to its output: a shortcut for the gradient in deep networks, which needs as many units as inputs. When off, everything passes through the layer."),
    ] = False  # fmt: skip
    trainable: Annotated[
        bool,
        setting("Trainable", "When on, the layer learns with the others. When off, it is frozen: it keeps its weights while the others learn.", names={True: "learns again", False: "frozen"}),
    ] = True  # fmt: skip
    muted: Annotated[
        bool,
        setting("Muted", "When on, the layer is bypassed: its input passes through unchanged and its weights wait, which needs as many units as inputs. When off, it takes part.", names={True: "muted", False: "back in"}),
    ] = False  # fmt: skip
    id: Annotated[
        str | None,
        setting("Name", "Lets the layer keep its weights when it is moved. Without a name, they belong to its place in the stack."),
    ] = None  # fmt: skip


class EarlyStopping(Declared, frozen=True, forbid_unknown_fields=True):
    """Ends training when the validation points show no more progress. Without it, the network may go on to learn noise."""

    watch: Annotated[
        Literal["validation_loss", "validation_accuracy"],
        setting("Watch", "What has to improve. The loss shows overfitting first; the accuracy is what counts in the end."),
    ] = "validation_loss"  # fmt: skip
    patience: Annotated[
        int,
        setting("Patience", "Epochs without a new best after which training stops. Raise it if a noisy loss ends training too early, lower it to stop sooner.", ge=1, le=1_000_000, scale="log", slider=(1, 1000), unit="epochs"),
    ] = 20  # fmt: skip
    min_delta: Annotated[
        float,
        setting("Smallest gain", "How much better than the best so far counts as progress. Raise it to stop earlier; at 0 any improvement counts.", ge=0, le=1e6, scale="log", slider=(1e-6, 0.1)),
    ] = 0.0  # fmt: skip
    restore: Annotated[
        bool,
        setting("Restore the best", "When on, the weights of the best epoch return when training ends. When off, the last ones stay."),
    ] = True  # fmt: skip


class Training(Declared, frozen=True, forbid_unknown_fields=True):
    """Settings of how the network learns."""

    optimizer: AnyOptimizer = Adam()
    learning_rate: Annotated[
        float,
        setting("Learning rate η", "How far each update moves the weights. Raise it if the loss falls too slowly, lower it if the loss jumps or explodes.", ge=0, le=1e9, scale="log", slider=(1e-5, 10)),
    ] = 0.01  # fmt: skip
    schedule: AnySchedule = Constant()
    batch_size: Annotated[
        int,
        setting("Batch size", "How many points share one update. Larger batches give smoother but fewer updates per epoch; 1 is the noisiest, 0 takes the whole set.", ge=0, le=1_000_000, scale="log", slider=(1, 512), names={0: "full"}),
    ] = 32  # fmt: skip
    batching: Annotated[
        Literal["partial", "drop", "carry"],
        setting("Last batch", "What happens to the points left over at the end of an epoch. Partial makes a smaller, noisier batch of them; drop leaves them out; carry adds their gradient to the next epoch's first update."),
    ] = "partial"  # fmt: skip
    shuffle: Annotated[
        bool,
        setting(
            "Shuffle",
            "When on, every epoch has new random batches. When off, the points always come in the same order.",
        ),
    ] = True
    weight_decay: Annotated[
        float,
        setting("Weight decay", "Shrinks every weight a little before each update. Raise it if the network overfits, lower it if it forgets faster than it learns.", ge=0, le=1e6, scale="log", slider=(1e-6, 1), names={0: "off"}),
    ] = 0.0  # fmt: skip
    weight_noise: Annotated[
        float,
        setting("Weight noise ε", "Random nudges to all weights after each update. Raise it a little to shake the network out of flat places; too much drowns the gradient.", ge=0, le=1e6, scale="log", slider=(1e-6, 1), names={0: "off"}),
    ] = 0.0  # fmt: skip
    clip_norm: Annotated[
        float,
        setting("Clip gradient", "The longest gradient an update may use; longer ones are shortened. Lower it if the loss explodes, raise it if training crawls.", gt=0, le=1e9, scale="log", slider=(1e-3, 100)),
    ] | None = None  # fmt: skip
    early_stopping: EarlyStopping | None = None
    epochs: Annotated[
        int,
        setting("Epochs", "How many epochs to train. Without a limit, training continues until you stop it; at 0 it never starts.", ge=0, le=2**53 - 1, nothing="No limit"),
    ] | None = None  # fmt: skip


class Experiment(Declared, frozen=True, forbid_unknown_fields=True):
    """All that defines a run: data, network and training."""

    version: Literal[2] = 2
    name: Annotated[
        str, setting("Name", "The name of the experiment, for titles and files. Without one, it is called Untitled.")
    ] = ""
    seed: Annotated[
        int,
        setting("Seed", "Decides the initial weights, the order of the points and which units dropout silences. The same seed repeats a run exactly; change it to see what was luck.", ge=0, le=2**53 - 1),
    ] = 0  # fmt: skip
    precision: Annotated[
        Literal["float32", "float64"],
        setting(
            "Precision",
            "How precisely numbers are stored. float32 is fast and usual in practice; float64 shows whether rounding is to blame.",
        ),
    ] = "float32"
    data: AnyDataset = Circle()
    features: tuple[FeatureName, ...] = ("x1", "x2")
    layers: tuple[Layer, ...] = ()
    initializer: AnyInitializer = GlorotUniform()
    bias: Annotated[
        float,
        setting("Initial bias", "The bias every unit starts with. Raise it a little if ReLU units start dead; far from 0, units start saturated.", ge=-1e6, le=1e6, slider=(-1, 1)),
    ] = 0.0  # fmt: skip
    loss: Annotated[AnyLoss | None, unset("Automatic")] = None
    regularizer: AnyRegularizer = NoRegularizer()
    training: Training = Training()

    def with_(self, changes: Mapping[str, Any] | None = None, /, **fields: Any) -> Experiment:
        """A copy with the values at some paths, and of some fields, replaced; it is checked when it is trained.

            experiment.with_({"training.learning_rate": 0.1, "layers.0.units": 8}, layers="8-8", data=Spiral(noise=0.1))

        A value may be written as in files: a choice by its kind ("sgd"; a choice of that kind keeps its settings),
        layers by their units ("8-8"). Raises InputError.
        """
        changed: Experiment = with_changes(self, {**(changes or {}), **fields})
        return changed

    def loss_for(self, task: Task) -> Loss:
        """The loss in use, with the settings filled in that depend on the task."""
        return (self.loss or default_loss(task)).resolved(task)


def with_ids(layers: Sequence[Layer]) -> tuple[Layer, ...]:
    """The layers, with an id for each that has none."""
    result: list[Layer] = []
    for index, layer in enumerate(layers):
        taken = [*result, *layers[index:]]
        result.append(layer if layer.id is not None else msgspec.structs.replace(layer, id=new_id(taken)))
    return tuple(result)


def new_id(layers: Sequence[Layer]) -> str:
    """The first of A, B, …, Z, AA, AB, … that no layer has."""
    taken = {layer.id for layer in layers}
    number = 0
    while (name := letter_name(number)) in taken:
        number += 1
    return name


def letter_name(number: int) -> str:
    """A number as letters: 0 is A, 25 is Z, 26 is AA."""
    return (letter_name(number // 26 - 1) if number >= 26 else "") + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[number % 26]
