"""Sets a template with plain values and prints it as tagged PDF (PDF/UA-1); knows no paper.

Values reach a template as data, never as its text, so that a name can't become a command. Fonts
come with the typesetter: a paper looks the same on every machine.
"""

from __future__ import annotations

import functools
import json
import pathlib
import re
import threading
from typing import Any

import typst

FOLDER = pathlib.Path(__file__).resolve().parent
SPRITE = FOLDER.parent.parent.parent / "static" / "sprite.svg"
ACCENT = "#1F5C47"
STANDARD = "ua-1"
MARK = re.compile(r'<symbol id="mark" viewBox="([^"]+)">(.*?)</symbol>', re.S)
# What the fonts surely hold: Latin, Greek, Cyrillic, punctuation, the minus. A paper must show
# every letter, so the typesetter refuses others; they become question marks.
UNKNOWN = re.compile(r"[^\x20-\u052f\u1e00-\u1fff\u2010-\u2044\u20ac\u2212]")
CONTROL = re.compile(r"\\u00[01][0-9a-f]")  # as JSON writes them
_turn = threading.Lock()  # one typesetter a process, one paper at a time: each takes milliseconds


def print_pdf(template: str, values: dict[str, Any], *, language: str) -> bytes:
    """Print `template` (a file of this folder, without its ending) with `values`.

    `values` are JSON values: texts already translated, amounts and days already written.
    """
    data = json.dumps(values | {"language": language, "mark": mark()}, ensure_ascii=False)
    try:
        return _compile(template, data)
    except typst.TypstError:
        return _compile(template, CONTROL.sub("?", UNKNOWN.sub("?", data)))


def _compile(template: str, data: str) -> bytes:
    with _turn:
        return _typesetter(template).compile(
            format="pdf", sys_inputs={"data": data}, pdf_standards=[STANDARD]
        )


@functools.lru_cache(maxsize=1)
def mark() -> str:
    """The brand's mark out of the site's sprite, as an SVG of its own in the brand's green."""
    found = MARK.search(SPRITE.read_text())
    if found is None:
        raise RuntimeError(f"no mark in {SPRITE}")
    box, drawing = found.groups()
    drawing = drawing.replace("currentColor", ACCENT)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" fill="none" stroke="{ACCENT}"'
        f' stroke-width="1.4" stroke-linecap="round" stroke-linejoin="round">{drawing}</svg>'
    )


@functools.lru_cache(maxsize=8)
def _typesetter(template: str) -> typst.Compiler:
    return typst.Compiler(
        str(FOLDER / f"{template}.typ"), root=str(FOLDER), ignore_system_fonts=True
    )
