"""Knows what a route is: method, address, parameters, operation."""

import dataclasses
import typing

from portal.sandbox import call as calls
from portal.sandbox.wire import params

Operation = typing.Callable[..., dict[str, typing.Any]]


@dataclasses.dataclass(frozen=True)
class Route:
    """One operation of the API. ``for_browsers`` admits publishable keys."""

    method: str
    address: str
    operation: Operation
    shape: params.Shape
    for_browsers: bool = False


def route(
    method: str,
    address: str,
    operation: Operation,
    shape: params.Shape | None = None,
    *,
    for_browsers: bool = False,
) -> Route:
    """A route whose parameters are those of ``shape``; ``expand`` is always admitted."""
    return Route(method, address, operation, {**params.EXPAND, **(shape or {})}, for_browsers)


Answer = dict[str, typing.Any]
Call = calls.Call
