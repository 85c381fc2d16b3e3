"""`mobility hq device ...`: which devices there are, and shutting one out, with its unsent work or without."""

from __future__ import annotations

import os
from pathlib import Path

import typer

from mobility_app.cli.texts import count, text
from mobility_app.config import hq_folder
from mobility_app.domain.fields import instant_text
from mobility_app.hq import database_settings
from mobility_app.hq import salvage as orders
from mobility_app.hq.office import Office
from mobility_app.store.records import Records
from mobility_app.store.store import wall_ms
from mobility_app.ui.names import N_

app = typer.Typer(no_args_is_help=True, help="Devices: list, revoke, salvage, wipe.")

FOLDER = typer.Option(None, "--folder", help="Folder of this HQ. Usual place if left out.")
NUMBER = typer.Argument(..., min=1, help="The device's number, as `mobility hq device list` says.")
ORDER = {orders.BLOCK: N_("blocked"), orders.SALVAGE: N_("to hand over, then wipe"), orders.WIPE: N_("to wipe")}


def _office(folder: Path | None) -> Office:
    place = folder or hq_folder()
    if not database_settings.there(place, os.environ):
        typer.echo(text("There is no headquarters in {folder}. Make one: mobility hq init", folder=place), err=True)
        raise typer.Exit(1)
    return Office(place, now=wall_ms)


@app.command("list", epilog="Example: mobility hq device list")
def list_(folder: Path = FOLDER) -> None:
    """Print all devices: number, name, person, when last seen, what was ordered."""
    with _office(folder).ledger.reading() as session:
        found = orders.listed(session)
    for one in found:
        said = [text(ORDER[one.order])] if one.order else []
        said += [text("wiped {at}", at=instant_text(one.done_at))] if one.done_at else []
        said += [text("copy of device {number}", number=one.copy_of)] if one.copy_of else []
        said += [count("{n} change handed over", "{n} changes handed over", one.salvaged)] if one.salvaged else []
        typer.echo(
            "  ".join([str(one.number), one.name, one.user, instant_text(one.seen_at), ", ".join(said)]).rstrip()
        )


@app.command(epilog="Example: mobility hq device revoke 7")
def revoke(number: int = NUMBER, folder: Path = FOLDER) -> None:
    """Refuse a device from its next request on. What lies on it stays there, encrypted."""
    _order(folder, number, orders.BLOCK)


@app.command(epilog="Example: mobility hq device salvage 7")
def salvage(number: int = NUMBER, folder: Path = FOLDER) -> None:
    """Ask a device once for what it had not sent, for the office to look at, then have it wiped."""
    _order(folder, number, orders.SALVAGE)


@app.command(epilog="Example: mobility hq device wipe 7")
def wipe(number: int = NUMBER, folder: Path = FOLDER) -> None:
    """Have a device destroy its key and its data, with what it had not sent."""
    _order(folder, number, orders.WIPE)


@app.command(epilog="Example: mobility hq device salvaged 7")
def salvaged(number: int = NUMBER, folder: Path = FOLDER) -> None:
    """Print what a device handed over, a change in JSON each line."""
    with _office(folder).ledger.reading() as session:
        for line in orders.salvaged(session, number):
            typer.echo(line)


def _order(folder: Path | None, number: int, what: str) -> None:
    office = _office(folder)
    with office.database.transaction() as opened:
        orders.order(Records(opened.engine, opened.watch), number, what)
    typer.echo(text("Device {number}: {order}, at its next request.", number=number, order=text(ORDER[what])))
