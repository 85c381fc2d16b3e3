"""docs/spec-coverage.md: every line has a test, every test that it names is there, and every tab has its lines."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "spec-coverage.md").read_text("utf-8")
SECTIONS = (
    "The sheet as a whole", "1 Detalhes", "2 Endereços", "3 Contatos", "4 Atividades", "5 Suporte ao cliente",
    "6 Faturamento", "7 Documentos de faturamento", "8 Produtos exclusivos para esta conta", "9 Arquivos",
    "10 Histórico", "Around the sheet",
)  # fmt: skip
BROWSER_LEAST = 0.9  # of the lines: the others are not for a rep to see


def lines() -> list[tuple[str, str]]:
    """(line of the specification, what proves it)."""
    rows = [row.strip("|").split("|") for row in PAGE.splitlines() if row.startswith("|")]
    return [(row[0].strip(), row[1].strip()) for row in rows if row[0].strip() not in ("line", "---")]


def functions_in(folder: Path) -> set[str]:
    """The names of all test functions below a folder."""
    return {
        node.name
        for path in folder.rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_every_section_of_the_specification_is_there_in_its_order() -> None:
    assert tuple(re.findall(r"^## (.+)$", PAGE, re.MULTILINE)) == SECTIONS


def test_every_line_names_a_test_and_every_test_exists() -> None:
    known = functions_in(ROOT / "tests")
    for line, proof in lines():
        named = re.findall(r"`([^`]+)`", proof)
        assert named, f"no test: {line}"
        for name in named:
            assert name in known or (ROOT / name).is_file(), f"{line}: no such test: {name}"


def test_nearly_every_line_is_proven_in_a_real_browser() -> None:
    seen = functions_in(ROOT / "tests" / "browser")
    proven = [
        line for line, proof in lines()
        if seen & set(re.findall(r"`(test_\w+)`", proof)) or "tests/browser/" in proof
    ]  # fmt: skip
    assert len(proven) >= BROWSER_LEAST * len(lines())
