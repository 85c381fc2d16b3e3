"""`mobility hq aside ...`: changes that headquarters could not judge: list them, judge them anew, drop one."""

from __future__ import annotations

from pathlib import Path

import typer

from mobility_app.cli.hq_mail import FOLDER, opened
from mobility_app.cli.texts import count, text
from mobility_app.domain.fields import instant_text
from mobility_app.hq import aside

app = typer.Typer(no_args_is_help=True, help="Changes that could not be judged: list, retry, drop.")


@app.command("list", epilog="Example: mobility hq aside list")
def listed(folder: Path = FOLDER) -> None:
    """Every change that was set aside: device, number, when, what."""
    with opened(folder).ledger.reading() as session:
        found = aside.listed(session)
    for one in found:
        what = f"{one.change.kind} {one.change.entity} {one.change.id}"
        typer.echo(f"{one.device_id} {one.dseq}  {instant_text(one.at)}  {what}")
    typer.echo(count("{n} change is set aside.", "{n} changes are set aside.", len(found)))


@app.command(epilog="Example: mobility hq aside retry")
def retry(folder: Path = FOLDER) -> None:
    """Judge all of them anew, as their authors' changes."""
    done, left = aside.retry(opened(folder).ledger)
    typer.echo(count("{n} change was judged.", "{n} changes were judged.", done))
    typer.echo(count("{n} change is set aside.", "{n} changes are set aside.", left))


@app.command(epilog="Example: mobility hq aside drop kpcuonwafykqjcg2zyqjsjlq2lb22ewf 12")
def drop(device: str, number: int, folder: Path = FOLDER) -> None:
    """Forget one for good. Its author knows that it was not taken."""
    office = opened(folder)
    with office.ledger.reading() as session:
        known = any((one.device_id, one.dseq) == (device, number) for one in aside.listed(session))
    if not known:
        typer.echo(text("No such change is set aside."), err=True)
        raise typer.Exit(1)
    with office.ledger.transaction() as tx:
        aside.drop(tx, device, number)
    typer.echo(text("Dropped."))
