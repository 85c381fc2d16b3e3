"""The table of keys: no key twice, all in the help, what the script knows, and single keys that can be turned off."""

from __future__ import annotations

import json
import re
from collections import Counter

from mobility_app.ui import assets, keyboard
from mobility_app.ui.shell import ENTRIES
from mobility_app.ui.words import LANGUAGES, Words
from tests.support.sheets import text

SCRIPT = (assets.FOLDER / "mobility.js").read_text("utf-8")
ALL = [key for _, group in keyboard.GROUPS for key in group]


def table(*, single_keys: bool) -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads(keyboard.script(single_keys).removeprefix("fb.keys(").removesuffix(")"))
    return found


def test_no_key_does_two_things_and_none_hides_the_start_of_another() -> None:
    acting = [" ".join(key.keys) for key in ALL if key.does]
    assert [key for key, times in Counter(acting).items() if times > 1] == []
    assert [key for key in acting if f"{key.split()[0]}" in acting and " " in key] == []


def test_the_script_knows_everything_that_the_table_asks_for() -> None:
    known = set(
        re.findall(r"^    (\w+)\([^)]*\) \{", SCRIPT.split("const does = {")[1].split("\n  };")[0], re.MULTILINE)
    )
    assert {key.does for key in ALL if key.does} == known
    assert {key.on for key in ALL if key.does == "go"} == {href for href, _, _ in ENTRIES}


def test_single_keys_go_and_those_with_ctrl_stay() -> None:
    assert set(table(single_keys=False)) == {"ctrl+k", "ctrl+s", "ctrl+enter"}
    whole = table(single_keys=True)
    assert whole["g c"] == ["go", "/customers"]
    assert whole["1"] == ["tab", "0"]
    assert whole["0"] == ["tab", "9"]


def test_the_help_names_every_key_in_every_language() -> None:
    for language in LANGUAGES:
        page = keyboard.help_markup(Words(language), single_keys=True)
        said = text(page)
        for key in ALL:
            if key.text:
                assert text(Words(language)(key.text)) in said
        assert page.count("<kbd>") == sum(
            len([cap for cap in key.shown or key.keys if cap != "…"]) for key in ALL if key.text
        )
    assert "desligadas" in text(keyboard.help_markup(Words("pt"), single_keys=False))
