#!/usr/bin/env python3
"""Measures the shape of the code: lengths, docstrings, types, names. Prints only; it judges nothing.

    python scripts/measure_style.py                  # the package
    python scripts/measure_style.py tests scripts    # other folders

What is aimed at stands beside each figure; what lies furthest from it is listed below.
"""

from __future__ import annotations

import argparse
import ast
import re
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
POOR_NAMES = re.compile(r"(^|_)(manager|helpers?|utils?|info|process|handle|item)($|_)", re.IGNORECASE)
SHOWN = 10
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True)
class Function:
    """One function: where it is, its lines (docstring left out), whether it is public, documented and typed."""

    place: str
    name: str
    lines: int
    public: bool
    documented: bool
    typed: bool


@dataclass(frozen=True, slots=True)
class Module:
    """One file: its lines, comment lines, whether it has a docstring, its functions."""

    path: str
    lines: int
    comments: int
    documented: bool
    functions: tuple[Function, ...]


def measure(path: Path) -> Module:
    """The figures of one file."""
    text = path.read_text("utf-8")
    tree, name = ast.parse(text), path.relative_to(ROOT).as_posix()
    comments = sum(line.lstrip().startswith("#") for line in text.splitlines())
    functions = tuple(_function(name, node) for node in ast.walk(tree) if isinstance(node, FUNCTIONS))
    return Module(name, text.count("\n"), comments, ast.get_docstring(tree) is not None, functions)


def _function(place: str, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Function:
    docstring = node.body[0] if ast.get_docstring(node) is not None else None
    spare = (docstring.end_lineno or 0) - docstring.lineno + 1 if docstring else 0
    given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    bare = [one for one in given if one.annotation is None and one.arg not in ("self", "cls")]
    lines = (node.end_lineno or node.lineno) - node.lineno + 1 - spare
    typed = node.returns is not None and not bare
    return Function(f"{place}:{node.lineno}", node.name, lines, not node.name.startswith("_"), bool(docstring), typed)


def _share(flags: list[bool]) -> str:
    return f"{100 * sum(flags) / len(flags):.1f} %" if flags else "none"


def _figures(modules: list[Module]) -> Iterator[tuple[str, str, str]]:
    """(what, figure, aim)."""
    functions = [one for module in modules for one in module.functions]
    lengths, sizes = [one.lines for one in functions], [module.lines for module in modules]
    lines = sum(sizes)
    yield "files", f"{len(modules)}, {lines} lines", ""
    yield "lines of a file, median / longest", f"{statistics.median(sizes):.0f} / {max(sizes)}", "60-130 / 400"
    yield "functions", str(len(functions)), ""
    if functions:
        middle, nine, most = statistics.median(lengths), sorted(lengths)[int(len(lengths) * 0.9)], max(lengths)
        documented = [one.documented for one in functions if one.public]
        yield "lines of a function, median / 9 of 10 / longest", f"{middle:.0f} / {nine} / {most}", "8 / 25"
        yield "functions of 25 lines or fewer", _share([length <= 25 for length in lengths]), "most"
        yield "public functions with a docstring", _share(documented), "where it says more"
        yield "functions with all types", _share([one.typed for one in functions]), "100 %"
    yield "modules with a docstring", _share([module.documented for module in modules if module.lines]), "100 %"
    yield (
        "lines that are comments",
        f"{100 * sum(module.comments for module in modules) / max(lines, 1):.1f} %",
        "why, not what",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", default=["mobility_app"])
    folders = [(ROOT / folder).resolve() for folder in parser.parse_args().folders]
    paths = sorted(path for folder in folders for path in folder.rglob("*.py"))
    if not paths:
        parser.error("no Python files there")
    modules = [measure(path) for path in paths]
    for what, figure, aim in _figures(modules):
        print(f"{what:50} {figure:>20}   {aim}")
    functions = [one for module in modules for one in module.functions]
    print("\nlongest files")
    for module in sorted(modules, key=lambda one: -one.lines)[:SHOWN]:
        print(f"  {module.lines:5} {module.path}")
    print("\nlongest functions")
    for one in sorted(functions, key=lambda one: -one.lines)[:SHOWN]:
        print(f"  {one.lines:5} {one.name} ({one.place})")
    poor = [one for one in functions if POOR_NAMES.search(one.name)]
    if poor:
        print("\nnames that say little")
        for one in poor[:SHOWN]:
            print(f"        {one.name} ({one.place})")


if __name__ == "__main__":
    main()
