"""Requests: questions of views about a run, answered from its present moment."""

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
    """A run at one moment, from which requests are answered."""

    @property
    def setup(self) -> Setup:
        """Everything that follows from the experiment alone: network, points, inputs."""

    @property
    def state(self) -> State:
        """Everything that training changes."""

    @property
    def latest(self) -> Pass | None:
        """The pass of the latest batch; None before the first update."""

    def outputs(self, columns: Array) -> Array:
        """Raw outputs o for inputs of shape (features, n), in evaluation mode: shape (outputs, n)."""


class Request(ABC, Generic[AnswerType]):
    """A question of a view about a run. Subclasses are frozen dataclasses, so that equal requests are answered once."""

    costly: ClassVar[bool] = False
    """Whether the answer takes so long that it is given at most 30 times a second while training runs."""
    counts_points: ClassVar[bool] = False
    """Whether the answer counts correct points; it is then given for the moment of the evaluation, to agree with it."""

    @abstractmethod
    def answer(self, subject: Subject) -> AnswerType:
        """The answer for the present moment, in arrays that training doesn't change later."""


Requests: TypeAlias = frozenset[Request[Any]]
Answers: TypeAlias = dict[Request[Any], Any]


def observe(subject: Subject, requests: Iterable[Request[Any]]) -> Answers:
    """The answers to requests at the present moment."""
    return {request: request.answer(subject) for request in requests}
