"""Keeps compiled templates in memory, for every site that this process makes."""

from __future__ import annotations

from types import CodeType

import jinja2


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
