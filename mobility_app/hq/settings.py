"""Where HQ's settings come from: a TOML file of its folder, the environment, the command line. The later wins, value by value."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from mobility_app.errors import InvalidValue


def given(
    path: Path, variables: Mapping[str, str], environ: Mapping[str, str], options: Mapping[str, str] | None, reason: str
) -> dict[str, str]:  # fmt: skip
    """What is set, as text. `variables`: each known name with its variable of the environment. An empty value sets nothing.
    Raises InvalidValue with `reason`, naming the file that is no TOML, or the unknown name in it."""
    found: dict[str, str] = {}
    if path.exists():
        try:
            found = {name: str(value) for name, value in tomllib.loads(path.read_text("utf-8")).items()}
        except (tomllib.TOMLDecodeError, UnicodeDecodeError):
            raise InvalidValue(path.stem, path.name, reason) from None
    found |= {name: environ[variable] for name, variable in variables.items() if environ.get(variable)}
    found |= {name: value for name, value in (options or {}).items() if value}
    unknown = sorted(set(found) - set(variables))
    if unknown:
        raise InvalidValue(path.stem, unknown[0], reason)
    return found
