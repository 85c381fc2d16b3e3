"""`mobility hq mail ...`: how the post stands, holding it back, letting it go, trying dead mails again."""

from __future__ import annotations

import os
from pathlib import Path

import typer

from mobility_app.cli.texts import count, text
from mobility_app.config import hq_folder
from mobility_app.hq import database_settings, outbox, post
from mobility_app.hq.office import Office
from mobility_app.store.store import wall_ms
from mobility_app.ui.names import N_

app = typer.Typer(no_args_is_help=True, help="The mails of headquarters: state, pause, resume, again.")

FOLDER = typer.Option(None, "--folder", help="Folder of this HQ. Usual place if left out.")
STATE = {
    outbox.WAITING: N_("waiting"), outbox.SENDING: N_("being sent"), outbox.SENT: N_("sent"), outbox.DEAD: N_("not delivered"),
}  # fmt: skip


def opened(folder: Path | None) -> Office:
    place = folder or hq_folder()
    if not database_settings.there(place, os.environ):
        typer.echo(text("There is no headquarters in {folder}. Make one: mobility hq init", folder=place), err=True)
        raise typer.Exit(1)
    return Office(place, now=wall_ms)


@app.command(epilog="Example: mobility hq mail state")
def state(folder: Path = FOLDER) -> None:
    """How many mails wait, were sent, could not be delivered."""
    with opened(folder).ledger.reading() as session:
        counts, held = post.counts(session), post.paused(session)
    for one, name in STATE.items():
        typer.echo(f"{text(name)}: {counts[one]}")
    if held:
        typer.echo(text("Mail is held back. Let it go: mobility hq mail resume"))


@app.command(epilog="Example: mobility hq mail pause")
def pause(folder: Path = FOLDER) -> None:
    """Hold all mail back, such as after restoring this HQ from a copy."""
    post.pause(opened(folder).ledger, on=True)
    typer.echo(text("Mail is held back. Let it go: mobility hq mail resume"))


@app.command(epilog="Example: mobility hq mail resume")
def resume(folder: Path = FOLDER) -> None:
    """Let mail go again."""
    post.pause(opened(folder).ledger, on=False)
    typer.echo(text("Mail goes out again."))


@app.command(epilog="Example: mobility hq mail again")
def again(folder: Path = FOLDER) -> None:
    """Try all mails again that could not be delivered."""
    typer.echo(count("{n} mail waits again.", "{n} mails wait again.", post.again(opened(folder).ledger)))
