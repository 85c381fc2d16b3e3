"""Texts are marked where every supported Python finds them."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_no_text_is_marked_inside_an_f_string() -> None:
    """Before Python 3.12 an f-string is one token: what is marked inside it never reaches the catalogues."""
    specification = importlib.util.spec_from_file_location("catalogue", ROOT / "scripts" / "catalogue.py")
    assert specification is not None
    assert specification.loader is not None
    catalogue = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(catalogue)
    hidden = [
        f"{path.name}:{call.lineno}"
        for room in catalogue.ROOMS
        for path in (ROOT / "mobility_app" / room).rglob("*.py")
        for text in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(text, ast.JoinedStr)
        for call in ast.walk(text)
        if isinstance(call, ast.Call) and call.args and isinstance(call.args[0], ast.Constant)
        if ast.unparse(call.func).split(".")[-1] in catalogue.KEYWORDS and isinstance(call.args[0].value, str)
    ]
    assert hidden == []
