"""The translated sentences outside a request: compiles catalogues, gives one by language."""

from __future__ import annotations

import functools
import pathlib
import tempfile

from babel import support
from babel.messages import mofile, pofile

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "translations"


def compile_all(folder: pathlib.Path = FOLDER) -> int:
    """Compile every catalogue whose `.mo` is missing or older than its `.po`; how many.

    Safe when several processes start at once: each writes a file of its own and renames it.
    """
    done = 0
    for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as lines:
            catalogue = pofile.read_po(lines, locale=source.parent.parent.name)
        with tempfile.NamedTemporaryFile(dir=source.parent, suffix=".new", delete=False) as draft:
            mofile.write_mo(draft, catalogue)
        written = pathlib.Path(draft.name)
        written.chmod(0o644)
        written.replace(target)
        done += 1
    return done


@functools.lru_cache(maxsize=8)
def catalogue(language: str, folder: pathlib.Path = FOLDER) -> support.NullTranslations:
    """The sentences of `language`; English ones for a language that has no catalogue."""
    compile_all(folder)
    return support.Translations.load(str(folder), [language])


def gettext(message: str, *, language: str) -> str:
    """One sentence in `language`, its parameters not yet filled in."""
    return catalogue(language).gettext(message) if message else ""
