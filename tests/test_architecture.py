"""Who may import whom, read from the code. A broken rule is named."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "mobility_app"
OURS = "mobility_app"

# room -> (own rooms it may import, foreign packages that it may never import)
RULES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "domain": (
        ("domain", "errors"),
        ("peewee", "playhouse", "nicegui", "requests", "urllib3", "fastapi", "starlette", "cryptography"),
    ),
    "store": (("store", "domain", "errors"), ("nicegui", "requests", "urllib3", "fastapi", "starlette")),
    "sync": (("sync", "domain", "store", "errors"), ("nicegui", "fastapi", "starlette", "peewee")),
    "hq": (
        (
            "hq",
            "domain",
            "store",
            "sync.protocol",
            "sync.columns",
            "sync.file_messages",
            "sync.frames",
            "sync.life_messages",
            "errors",
        ),
        ("nicegui", "requests", "urllib3", "peewee"),
    ),
    "ui": (
        ("ui", "domain", "store", "sync.status", "outlook", "errors"),
        ("requests", "urllib3", "peewee", "playhouse", "sqlcipher3"),
    ),
    "outlook": (
        ("outlook", "errors"),
        ("peewee", "nicegui", "requests", "urllib3", "fastapi", "starlette", "cryptography"),
    ),
    "sync/protocol.py": (
        ("domain", "sync.strict", "sync.columns", "errors"),
        ("nicegui", "fastapi", "starlette", "peewee", "requests", "urllib3"),
    ),
}
TOP = {"app", "cli", "config", "device", "__main__"}  # may import everything; nobody imports them
BANNED = re.compile(r"(^|_)(manager|helper|helpers|utils|util|info)($|_)", re.IGNORECASE)


def modules() -> Iterator[tuple[str, Path, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE).as_posix(), path, ast.parse(path.read_text("utf-8"))


def imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room_of(name: str) -> str:
    return name if name in RULES else name.split("/")[0].removesuffix(".py")


@pytest.mark.parametrize("room", list(RULES))
def test_a_room_imports_only_what_it_may(room: str) -> None:
    allowed, foreign = RULES[room]
    broken = []
    for name, _, tree in modules():
        if room_of(name) != room:
            continue
        for imported in imports(tree):
            if imported.startswith(f"{OURS}."):
                inner = imported.removeprefix(f"{OURS}.")
                if not any(inner == a or inner.startswith(f"{a}.") or a.startswith(f"{inner}.") for a in allowed):
                    broken.append(f"{name} imports {imported}")
            elif imported.split(".")[0] in foreign:
                broken.append(f"{name} imports {imported}")
    assert broken == []


def test_statistics_are_loaded_by_the_process_of_a_forecast_alone() -> None:
    """They weigh 120 MB: what the app itself imports must not reach them."""
    heavy, fit = {"statsmodels", "numpy", "scipy", "pandas"}, f"{OURS}.outlook.fit"
    found = {
        name
        for name, _, tree in modules()
        for imported in imports(tree)
        if imported.split(".")[0] in heavy or imported.startswith(fit)
    }
    assert found == {"outlook/fit.py", "outlook/__main__.py"}


def test_nobody_imports_the_top() -> None:
    broken = [
        f"{name} imports {imported}"
        for name, _, tree in modules()
        if room_of(name) not in TOP
        for imported in imports(tree)
        if imported.startswith(f"{OURS}.") and imported.split(".")[1] in TOP
    ]
    assert broken == []


def test_every_module_says_what_it_holds_and_none_is_endless() -> None:
    for name, path, tree in modules():
        text = path.read_text("utf-8")
        assert not text.strip() or ast.get_docstring(tree), f"{name} has no docstring"
        assert text.count("\n") <= 450, f"{name} is too long to hold one idea"


def test_no_switch_turns_certificates_off_and_no_name_says_nothing() -> None:
    for name, path, tree in modules():
        assert not re.search(r"verify\s*=\s*False", path.read_text("utf-8")), name
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                assert not BANNED.search(node.name), f"{name}: {node.name}"


def test_logic_asks_no_ambient_clock_or_chance() -> None:
    """Clock, ids and randomness come in through constructors, or a simulated week is no ordinary test."""
    wild = re.compile(r"\b(time\.time\(|datetime\.now\(|date\.today\(|uuid\.uuid|random\.random\(\))")
    for name, path, _ in modules():
        if room_of(name) in ("domain", "store", "sync", "hq"):
            assert not wild.search(path.read_text("utf-8")), name
