"""The worked cases with exact answers, loaded by name; knows no rule."""

from __future__ import annotations

import json
import pathlib
from decimal import Decimal
from typing import Any

FILE = pathlib.Path(__file__).parent / "data" / "oracles.json"


def load(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """(inputs, expected) of the worked case `name`."""
    (case,) = [c for c in json.loads(FILE.read_text()) if c["name"] == name]
    return case["inputs"], case["expected"]


def cents(text: str) -> int:
    """Cents of an amount written like "62.44"; read apart from the product's own parser."""
    return int(Decimal(text).scaleb(2).to_integral_exact())
