"""Mails: a template and plain values in, subject, text and HTML out; knows no table, no Flask.

`templates/email/<name>.txt` and `.html` say the same. The subject stands in the text's block
`subject`. Templates see `name brand phone base_url lang number` and what the caller passes.
"""

from __future__ import annotations

import dataclasses
import functools
import pathlib
import re
import zoneinfo
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import jinja2

from portal.documents import formats, texts, wording
from portal.kernel import languages

FOLDER = pathlib.Path(__file__).resolve().parent.parent.parent / "templates"
GAPS = re.compile(r"\n{3,}")


@dataclasses.dataclass(frozen=True, kw_only=True)
class RenderedMail:
    """A mail as it will be read."""

    subject: str
    text: str
    html: str


def render(
    template: str,
    *,
    language: str,
    zone: zoneinfo.ZoneInfo,
    brand: str,
    phone: str,
    base_url: str,
    name: str,
    **view: Any,
) -> RenderedMail:
    """Write the mail `template` to `name`, in `language` ("en" or "es"; others read English).

    Days are plain days; moments are told in `zone`; `phone` is written as people read it. A value
    that the template wants and `view` lacks is a jinja2.UndefinedError: a fault of ours.
    """
    env = _environment(language if language in languages.NAMES else languages.DEFAULT, zone)
    values = view | {
        "lang": language,
        "brand": brand,
        "phone": formats.phone(phone),
        "base_url": base_url,
        "name": name,
    }
    words = env.get_template(f"email/{template}.txt")
    subject = "".join(words.blocks["subject"](words.new_context(values)))
    values["subject"] = " ".join(subject.split())
    text = GAPS.sub("\n\n", words.render(values)).strip() + "\n"
    html = env.get_template(f"email/{template}.html").render(values)
    return RenderedMail(subject=values["subject"], text=text, html=html)


@functools.lru_cache(maxsize=8)
def _environment(language: str, zone: zoneinfo.ZoneInfo) -> jinja2.Environment:
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
        autoescape=jinja2.select_autoescape(["html"], default=False),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.install_gettext_translations(texts.catalogue(language), newstyle=True)

    def day(value: date, style: str = "full") -> str:
        return formats.day(value, style, language=language)

    def moment(value: datetime, style: str = "full") -> str:
        return formats.moment(value, style, zone=zone, language=language)

    say = wording.speaker(language)

    def decline(code: str) -> str:
        return wording.decline(code, say=say)

    def names(found: Sequence[str]) -> str:
        return wording.names(found, say=say)

    env.filters.update(
        method_name=wording.method,
        decline=decline,
        names=names,
        money=formats.money,
        figure=formats.figure,
        number=formats.number,
        day=day,
        moment=moment,
    )
    return env
