"""The product's own source, parsed once: files, modules and what each module imports."""

from __future__ import annotations

import ast
import dataclasses
import functools
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]


@dataclasses.dataclass(frozen=True)
class Module:
    """One Python file and its imports: modules of ours, and top names of others'."""

    name: str
    path: pathlib.Path
    tree: ast.Module
    ours: frozenset[str]
    others: frozenset[str]


def python_files(*folders: str) -> list[pathlib.Path]:
    """Every Python file under the folders, in order."""
    return sorted(file for folder in folders for file in (ROOT / folder).rglob("*.py"))


@functools.cache
def parse(path: pathlib.Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(), filename=str(path))


def module_name(path: pathlib.Path) -> str:
    """The dotted name under which a file is imported."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@functools.cache
def modules() -> dict[str, Module]:
    """Every module of the product by its name."""
    files = {module_name(path): path for path in python_files("portal")}
    return {name: _module(name, path, frozenset(files)) for name, path in files.items()}


def imported(tree: ast.Module, known: frozenset[str]) -> set[str]:
    """Full names of what a tree imports; `from a import b` names a.b where that is a module."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if inner in known else node.module)
    return found


def _module(name: str, path: pathlib.Path, known: frozenset[str]) -> Module:
    tree = parse(path)
    names = imported(tree, known)
    ours = {one for one in names if one == "portal" or one.startswith("portal.")}
    others = {one.partition(".")[0] for one in names - ours}
    return Module(name, path, tree, frozenset(ours), frozenset(others))
