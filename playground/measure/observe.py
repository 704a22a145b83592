"""How a run is observed: requests ask about it, and are answered from its present moment."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar, Generic, Protocol, TypeAlias, TypeVar

from playground.catalog.choice import Array
from playground.engine.passes import Pass
from playground.engine.setup import Setup
from playground.engine.state import State

AnswerType = TypeVar("AnswerType", covariant=True)


class Subject(Protocol):
    """What requests are answered from: a run at one moment."""

    @property
    def setup(self) -> Setup:
        """What follows from the experiment alone: network, points, inputs."""

    @property
    def state(self) -> State:
        """All that training moves."""

    @property
    def latest(self) -> Pass | None:
        """The latest batch; None before the first update."""

    def outputs(self, columns: Array) -> Array:
        """o for inputs of shape (features, n), in evaluation mode on the engine that trains: shape (outputs, n)."""


class Request(ABC, Generic[AnswerType]):
    """What one picture needs to know of a run. Subclasses are frozen dataclasses, so that equal requests are one."""

    costly: ClassVar[bool] = False
    """Whether the answer takes so long that it is given at most 30 times a second while training runs."""
    counts_points: ClassVar[bool] = False
    """Whether it says how many points are right, so that it is given for the moment of the evaluation."""

    @abstractmethod
    def answer(self, subject: Subject) -> AnswerType:
        """The answer at this moment. Nothing that training changes later is part of it."""


Requests: TypeAlias = frozenset[Request[Any]]
Answers: TypeAlias = dict[Request[Any], Any]


def observe(subject: Subject, requests: Iterable[Request[Any]]) -> Answers:
    """The answers to requests at the present moment."""
    return {request: request.answer(subject) for request in requests}
