"""Which database an HQ has: the file `hq.db` of its folder, or one of a PostgreSQL server.

The server's address comes from the folder's `database.toml` (`address`), from MOBILITY_DATABASE or, before both, from the
option `--database` of `mobility hq`, which sets that variable for what follows. A password is never taken from the command
line, where every process of the machine can read it: it belongs in `database.toml`, readable by its owner alone, or where
PostgreSQL looks by itself (PGPASSWORD, a password file).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from mobility_app.errors import InvalidValue
from mobility_app.hq import settings
from mobility_app.store.postgres import SCHEMES

FILE, DATABASE, VARIABLE = "database.toml", "hq.db", "MOBILITY_DATABASE"


def named(option: str) -> str:
    """An address from the command line. Raises InvalidValue: it holds a password, or is none."""
    try:
        password = urlsplit(option).password or "password=" in option
    except ValueError:
        raise InvalidValue("database", "address", "database_settings") from None
    if password:
        raise InvalidValue("database", "address", "database_password")
    return _address(option)


def read(folder: Path, environ: Mapping[str, str]) -> str:
    """The address of a PostgreSQL database, "" for the folder's own file. Raises InvalidValue naming the key."""
    given = settings.given(folder / FILE, {"address": VARIABLE}, environ, None, "database_settings")
    return _address(given.get("address", ""))


def _address(text: str) -> str:
    if text and not text.startswith(SCHEMES):
        raise InvalidValue("database", "address", "database_settings")
    return text


def there(folder: Path, environ: Mapping[str, str]) -> bool:
    """Whether the folder is an HQ's already: it has its file, or its key and the name of a server's database."""
    if read(folder, environ):
        return (folder / "hq.key").exists()
    return (folder / DATABASE).exists()
