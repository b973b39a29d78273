"""Every sentence a reader can meet is said in Spanish; no Flask, no database, only the source."""

from __future__ import annotations

import collections
import dataclasses
import functools
import pathlib
import re

from babel.messages import catalog, extract, frontend, pofile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SPANISH = ROOT / "portal" / "translations" / "es" / "LC_MESSAGES" / "messages.po"
KEYWORDS = {**extract.DEFAULT_KEYWORDS, "lazy_gettext": None}
PLACEHOLDER = re.compile(r"%\(\w+\)\w|%%|\{\w*\}")
MARKUP = re.compile(r"[<>]|&#?\w+;")
HEADER = ""


@dataclasses.dataclass(frozen=True)
class Sentence:
    """What the code says: one form or two, in a context or none, and the first place."""

    forms: tuple[str, ...]
    context: str | None
    place: str


def forms(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    """One or more forms of a sentence, always as a tuple."""
    return (text,) if isinstance(text, str) else tuple(text)


@functools.cache
def said() -> tuple[Sentence, ...]:
    """Every sentence that Babel finds with the mapping of babel.cfg."""
    with (ROOT / "babel.cfg").open() as lines:
        methods, options = frontend.parse_mapping_cfg(lines)
    tops = {pattern.partition("/")[0] for pattern, _method in methods}
    found: dict[tuple[str | None, str], Sentence] = {}
    for file, line, message, _comments, context in extract.extract_from_dir(
        ROOT,
        methods,
        options,
        keywords=KEYWORDS,
        directory_filter=lambda folder: pathlib.Path(folder).relative_to(ROOT).parts[0] in tops,
    ):
        sentence = Sentence(forms(message), context, f"{file}:{line}")
        known = found.get((context, sentence.forms[0]))
        if known is None or len(known.forms) < len(sentence.forms):
            found[context, sentence.forms[0]] = sentence
    return tuple(found.values())


@functools.cache
def spanish() -> catalog.Catalog:
    """The Spanish catalogue as it is compiled for the site."""
    with SPANISH.open("rb") as lines:
        return pofile.read_po(lines, locale="es", abort_invalid=True)


def translated() -> list[catalog.Message]:
    """The entries of the catalogue, without its header."""
    return [entry for entry in spanish() if entry.id != HEADER]


def untold(sentences: tuple[Sentence, ...]) -> list[str]:
    """Those that Spanish readers would meet in English, with their place."""
    return [
        f"{sentence.place}: {sentence.forms[0]}"
        for sentence in sentences
        if not is_told(sentence, spanish().get(sentence.forms[0], sentence.context))
    ]


def is_told(sentence: Sentence, entry: catalog.Message | None) -> bool:
    """Whether the catalogue has every form; an uncertain entry is left out when compiled."""
    if entry is None or entry.fuzzy:
        return False
    wanted = spanish().num_plurals if len(sentence.forms) > 1 else 1
    told = forms(entry.string)
    return len(told) == wanted and all(form.strip() for form in told)


def placeholders(text: str) -> collections.Counter[str]:
    """What is filled in when the sentence is shown."""
    return collections.Counter(PLACEHOLDER.findall(text))


def test_every_sentence_is_said_in_spanish():
    assert {s.place.partition("/")[0] for s in said()} == {"portal", "templates"}
    missing = untold(said())
    assert not missing, "without Spanish:\n" + "\n".join(missing)


def test_a_sentence_that_is_not_in_the_catalogue_is_named_with_its_place():
    new = Sentence(("Nobody has written this yet.",), None, "templates/new.html:7")
    assert untold((*said()[:3], new)) == ["templates/new.html:7: Nobody has written this yet."]


def test_no_spanish_is_kept_for_what_nobody_says():
    heard = {(sentence.context, sentence.forms[0]) for sentence in said()}
    stale = [
        forms(entry.id)[0]
        for entry in translated()
        if (entry.context, forms(entry.id)[0]) not in heard
    ]
    assert not stale, "nobody says:\n" + "\n".join(stale)


def test_spanish_fills_in_what_english_fills_in():
    differing = [
        f"{english} -> {form}"
        for entry in translated()
        for english, form in zip(forms(entry.id), forms(entry.string), strict=True)
        if placeholders(english) != placeholders(form)
    ]
    assert not differing, "placeholders differ:\n" + "\n".join(differing)


def test_no_spanish_sentence_holds_markup():
    marked = [form for entry in translated() for form in forms(entry.string) if MARKUP.search(form)]
    assert not marked, "markup belongs to the templates:\n" + "\n".join(marked)
