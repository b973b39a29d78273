"""Keeps what a site compiles in memory, for every site that this process makes."""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType
from typing import Any

import jinja2
from werkzeug.routing import Rule

_compile = Rule._compile_builder
_builders: dict[tuple[Any, ...], Callable[..., tuple[str, str]]] = {}


def builder(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
    """What writes the addresses of a route: compiled once, and not for each site of a test."""
    given = tuple(sorted((rule.defaults or {}).items()))
    key = (rule.rule, tuple(rule._trace), given, append_unknown)
    if key not in _builders:
        _builders[key] = _compile(rule, append_unknown)
    return _builders[key]


class Templates(jinja2.BytecodeCache):
    """Compiles a template once: without it, each site of a test compiles what it shows anew."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        """Give the code of this very source, if it was compiled before."""
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        """Keep what was compiled now."""
        self._code[bucket.key, bucket.checksum] = bucket.code
