"""`mobility hq verify|scrub|mend|faults|compact`: whether headquarters is whole, and what to do where it is not."""

from __future__ import annotations

import json
import os
from pathlib import Path

import typer

from mobility_app.cli.texts import text
from mobility_app.config import hq_folder
from mobility_app.domain.fields import instant_text
from mobility_app.hq import database_settings
from mobility_app.hq.office import Office
from mobility_app.store.store import wall_ms

FOLDER = typer.Option(None, "--folder", help="Folder of this HQ. Usual place if left out.")


def add_to(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command(epilog="Example: mobility hq verify --folder ./hq")(verify)
    app.command(epilog="Example: mobility hq scrub --folder ./hq")(scrub)
    app.command(epilog="Example: mobility hq mend --folder ./hq")(mend)
    app.command("faults", epilog="Example: mobility hq faults --folder ./hq")(faults_)
    app.command(epilog="Example: mobility hq compact --days 400")(compact)


def _office(folder: Path | None) -> Office:
    place = folder or hq_folder()
    if not database_settings.there(place, os.environ):
        typer.echo(text("There is no headquarters in {folder}. Make one: mobility hq init", folder=place), err=True)
        raise typer.Exit(1)
    return Office(place, now=wall_ms)


def verify(folder: Path = FOLDER) -> None:
    """Check all: pages, numbers without a gap, the chain unbroken, tables and sums equal to what the log makes, files whole."""
    from mobility_app.hq.verify import faults

    office = _office(folder)
    tell([*faults(office.ledger), *office.blobs.faults()])


def scrub(folder: Path = FOLDER) -> None:
    """Look for what changed around the log, as every night, and note it."""
    from mobility_app.hq.scrub import scrub

    tell(scrub(_office(folder).ledger))


def mend(folder: Path = FOLDER) -> None:
    """Put back to what the log says every record that was changed around it, and make the sums anew."""
    from mobility_app.hq.scrub import mend

    for line in mend(_office(folder).ledger):
        typer.echo(line)
    typer.echo(text("Everything is as the log says."))


def faults_(folder: Path = FOLDER) -> None:
    """List what was found wrong, on devices and here: those that still stand first."""
    from mobility_app.hq import faults

    with _office(folder).ledger.reading() as session:
        names = dict(session.rows("SELECT id, name FROM device"))
        for one in faults.newest(session):
            where = names.get(one.device_id, "HQ")
            was, stands = (json.dumps(row, ensure_ascii=False) for row in (one.was, one.stands))
            state = "" if one.mended else "  !"
            typer.echo(
                f"{instant_text(one.at)}  {where}  {one.kind}  {one.entity} {one.record_id}  {was} -> {stands}{state}"
            )


def compact(
    days: int = typer.Option(400, min=30, help="Entries older than this leave the log for the archive beside it."),
    folder: Path = FOLDER,
) -> None:
    """Let old entries leave the log. Devices that slept longer catch up by comparison."""
    from mobility_app.hq.horizon import compact

    typer.echo(text("{n} entries left the log for the archive.", n=compact(_office(folder).ledger, days)))


def tell(found: list[str]) -> None:
    """One line for each fault and exit code 1, or that all is well."""
    for line in found:
        typer.echo(line)
    if found:
        raise typer.Exit(1)
    typer.echo(text("Everything is in order."))
