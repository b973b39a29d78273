"""Every package that is imported is pinned, exactly, and no file names where it comes from."""

from __future__ import annotations

import importlib.metadata
import re
import sys

import pytest

from tests.architecture import source

PIN = re.compile(r"([A-Za-z0-9._-]+)==([0-9][A-Za-z0-9.+!-]*)")
FILES = ("requirements.txt", "requirements-dev.txt")


def pins(file):
    lines = (source.ROOT / file).read_text().splitlines()
    named = [line for line in lines if line and not line.startswith(("#", "-r "))]
    found = [PIN.fullmatch(line) for line in named]
    assert all(found), [line for line, pin in zip(named, found, strict=True) if not pin]
    return {normal(pin[1]): pin[2] for pin in found}


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def distributions(paths):
    """The packages that these files import, by their names in the requirements."""
    by_module = importlib.metadata.packages_distributions()
    names = set()
    for path in paths:
        names |= source.imported(source.parse(path), frozenset())
    tops = {name.partition(".")[0] for name in names} - sys.stdlib_module_names
    tops -= {"portal", "tests", "bench", "wsgi"}
    return {normal(by_module[top][0]) for top in tops if top in by_module}


def test_what_the_product_imports_is_pinned_for_it():
    files = [*source.python_files("portal", "migrations"), source.ROOT / "wsgi.py"]
    assert distributions(files) <= set(pins("requirements.txt"))


def test_what_the_tests_import_is_pinned_for_them():
    both = set(pins("requirements.txt")) | set(pins("requirements-dev.txt"))
    assert distributions(source.python_files("tests", "bench")) <= both


@pytest.mark.parametrize("file", FILES)
def test_what_is_installed_is_what_is_pinned(file):
    installed = {name: importlib.metadata.version(name) for name in pins(file)}
    assert installed == pins(file)


@pytest.mark.parametrize("file", [*FILES, "package.json", "package-lock.json"])
def test_no_file_names_a_place_to_fetch_from(file):
    assert "://" not in (source.ROOT / file).read_text()
