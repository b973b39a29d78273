"""The SDK's own types of parameters, read as strictly as they can be meant."""

from __future__ import annotations

import functools
import operator
import types
import typing
from collections.abc import Mapping

import pydantic
import stripe
import typing_extensions
from stripe._stripe_object import UntypedStripeObject

CLOSED = pydantic.ConfigDict(extra="forbid", strict=True)
OPTIONS = frozenset(stripe.RequestOptions.__annotations__)
OPTIONS_NAME = {"StripeContext": stripe.StripeContext, "Mapping": Mapping}


@functools.cache
def adapter(kind: type) -> pydantic.TypeAdapter:
    """Refuses a parameter that `kind`, one of `stripe.params`, does not know, or not like that."""
    return pydantic.TypeAdapter(_closed(kind))


@functools.cache
def _closed(kind: type) -> type:
    """The TypedDict again, it and all within it closed and strict.

    Options of a call, such as its idempotency key, are inherited there: they are no parameters.
    """
    hints = typing_extensions.get_type_hints(kind, localns=OPTIONS_NAME, include_extras=True)
    if stripe.RequestOptions in kind.__orig_bases__:
        hints = {name: hint for name, hint in hints.items() if name not in OPTIONS}
    fields = {name: _strict(hint) for name, hint in hints.items()}
    made = typing_extensions.TypedDict(kind.__name__, fields)
    made.__pydantic_config__ = CLOSED
    return made


def _strict(hint: typing.Any) -> typing.Any:
    """The hint with everything in it closed.

    Where the SDK lists words it lets any other string pass too, for what Stripe may add later:
    we send only words of the list. And we send no objects of the SDK.
    """
    if typing_extensions.is_typeddict(hint):
        return _closed(hint)
    kind, parts = typing.get_origin(hint), typing.get_args(hint)
    if kind in (typing.Union, types.UnionType):
        parts = [part for part in parts if typing.get_origin(part) is not UntypedStripeObject]
        if any(_lists_words(part) for part in parts):
            parts = [part for part in parts if part is not str]
        return functools.reduce(operator.or_, map(_strict, parts))
    if kind is typing_extensions.NotRequired:
        return kind[_strict(parts[0])]
    if kind in (list, dict):
        return kind[tuple(map(_strict, parts))]
    return hint


def _lists_words(hint: typing.Any) -> bool:
    """Whether it is a list of words; "" alone only says that a value may be emptied."""
    return typing.get_origin(hint) is typing.Literal and typing.get_args(hint) != ("",)
