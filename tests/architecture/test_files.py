"""How long files and functions may be, what they say of themselves, what they must not hold."""

from __future__ import annotations

import ast
import re

from tests.architecture import source

FILE_LINES = 400
FUNCTION_LINES = 60
CONFTEST_LINES = 200
FOLDERS = ("portal", "migrations", "tests", "bench")
PYTHON = source.python_files(*FOLDERS)
TEMPLATES = sorted((source.ROOT / "templates").rglob("*.*"))
SCRIPTS = sorted((source.ROOT / "static").rglob("*.js"))
# spelt apart, so that this file does not hold them itself
UNFINISHED = re.compile("|".join(["TO" + "DO", "FIX" + "ME", "X" * 3, "Not" + "Implemented"]))
SILENCED = re.compile("no" + "qa|type: " + r"ignore|pragma: no " + "cover")


def name(path):
    return str(path.relative_to(source.ROOT))


def each(paths):
    """One test of all the files: thousands of little ones cost more than what they check."""

    def of_all(check):
        def test():
            wrong = []
            for path in paths:
                try:
                    check(path)
                except AssertionError as found:
                    wrong.append(f"{name(path)}: {found}")
            assert paths
            assert not wrong, "\n".join(wrong)

        return test

    return of_all


@each([*PYTHON, *TEMPLATES, *SCRIPTS])
def test_a_file_is_short_enough_to_hold_one_idea(path):
    lines = path.read_text().count("\n")
    assert lines <= (CONFTEST_LINES if path.name == "conftest.py" else FILE_LINES)


# a migration is a list of columns, however long the table is
@each(source.python_files("portal", "tests", "bench"))
def test_a_function_fits_on_a_screen(path):
    for node in ast.walk(source.parse(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= FUNCTION_LINES, f"{name(path)}:{node.lineno} {node.name}: {length}"


@each(PYTHON)
def test_a_module_opens_with_a_sentence_about_itself(path):
    if path.read_text().strip():
        first = (ast.get_docstring(source.parse(path)) or "").partition("\n\n")[0]
        assert first.rstrip().endswith((".", ":", "`")), f"{name(path)}: {first!r}"


@each(source.python_files("portal"))
def test_what_others_call_says_what_it_promises(path):
    for node in source.parse(path).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{name(path)}:{node.lineno} {node.name}"


@each([*PYTHON, *TEMPLATES, *SCRIPTS])
def test_nothing_is_left_unfinished_or_silenced(path):
    text = path.read_text()
    assert not UNFINISHED.search(text), UNFINISHED.search(text)
    assert not SILENCED.search(text), SILENCED.search(text)


@each(PYTHON)
def test_nobody_sleeps(path):
    for node in ast.walk(source.parse(path)):
        if isinstance(node, ast.Attribute) and node.attr == "sleep":
            assert ast.unparse(node) != "time.sleep", f"{name(path)}:{node.lineno}"


@each(source.python_files("tests"))
def test_no_test_is_skipped(path):
    for node in ast.walk(source.parse(path)):
        if isinstance(node, ast.Attribute) and node.attr in ("skip", "skipif", "xfail"):
            assert not ast.unparse(node).startswith("pytest"), f"{name(path)}:{node.lineno}"


JINJA = re.compile(r"\{[%#{].*?[%#}]\}", re.DOTALL)
INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*\bnonce=)")
UNESCAPED = re.compile(r"\|\s*safe\b|autoescape\s+false")


@each([path for path in TEMPLATES if "email" not in path.parts])
def test_a_page_brings_no_script_or_style_of_its_own(path):
    assert not INLINE.search(JINJA.sub("", path.read_text()))


@each(TEMPLATES)
def test_no_template_switches_escaping_off(path):
    assert not UNESCAPED.search(path.read_text())
