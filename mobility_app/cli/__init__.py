"""`mobility`, the one command line. Commands are in `hq.py` and `device.py`; here is how they start and how they fail.

Exit codes: 0 done, 1 refused or impossible (one line says why), 2 wrong usage, 3 HQ out of reach, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import typer
from typer.core import TyperGroup

from mobility_app import __version__
from mobility_app.cli import device
from mobility_app.cli.texts import said
from mobility_app.errors import Unreachable

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Offline-first customers for field sales.",
    epilog="Example: mobility app    |    mobility hq serve    |    mobility sync",
)


class _Headquarters(TyperGroup):
    """The commands of headquarters, loaded when one is asked for: the rep's app starts without mail and importers."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Their names."""
        return _headquarters().list_commands(ctx)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """One of them."""
        return _headquarters().get_command(ctx, cmd_name)


def _headquarters() -> TyperGroup:
    from mobility_app.cli import hq

    found = typer.main.get_command(hq.app)
    assert isinstance(found, TyperGroup)
    return found


_hq = typer.Typer(cls=_Headquarters, no_args_is_help=True, help="Headquarters: set up, serve, import, people.")


@_hq.callback()
def _of_hq(
    database: str = typer.Option(
        None, help="PostgreSQL database: postgresql://USER@HOST/NAME (or database.toml). Else a file in the folder."
    ),
) -> None:
    if database:
        from mobility_app.hq import database_settings

        os.environ[database_settings.VARIABLE] = database_settings.named(database)


app.add_typer(_hq, name="hq")
device.add_to(app)


@app.callback(invoke_without_command=True)
def _root(version: bool = typer.Option(False, "--version", help="Print the version and end.")) -> None:
    if version:
        print(__version__)  # noqa: T201 - what the option is for
        raise typer.Exit


def main() -> None:
    """Runs the command. Every failure that somebody can meet is one clear line, never a traceback."""
    try:
        app()
    except Exception as failed:  # the last door: what comes here is said, not thrown at a person
        if os.environ.get("MOBILITY_DEBUG"):
            raise
        _end(said(failed), 3 if isinstance(failed, Unreachable) else 1)
    except KeyboardInterrupt as stopped:
        _end(said(stopped), 130)


def _end(line: str, code: int) -> None:
    print(line, file=sys.stderr)  # noqa: T201 - the one line
    raise SystemExit(code)
