"""The core of the playground: experiments, the engine that trains them, and what is measured. No Qt, no window.

    from playground import Experiment, Trainer
"""

from playground.catalog.choice import InputError
from playground.experiment import Experiment, Layer, Training, check, load, save

__all__ = ["Experiment", "InputError", "Layer", "Training", "check", "load", "save"]
