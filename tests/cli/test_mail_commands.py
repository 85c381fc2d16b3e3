"""`mobility hq mail` and the mail settings of `mobility hq serve`, as people type them."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobility_app.hq.office import Office
from mobility_app.store.store import wall_ms
from tests.cli.test_command_line import Mobility, mobility, one_line, taken_port  # noqa: F401 - fixtures


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An HQ in which one mail waits."""
    for name in ("MOBILITY_SMTP", "MOBILITY_SMTP_FROM"):
        monkeypatch.delenv(name, raising=False)
    office = Office(tmp_path / "hq", now=wall_ms)
    office.add_company("Lusa", "PT")
    ana = office.add_user("Ana", "rep", "Lusa", ["Lusa"], "ana@lusa.example")
    with office.ledger.transaction() as tx:
        company = office.named(tx, "company", "Lusa")
        territory = office.named(tx, "territory", "Lusa")
        customer = tx.create(
            "customer", {"name": "x", "company_id": company, "territory_id": territory, "currency": "EUR"}
        )
        tx.create("activity", {"customer_id": customer, "kind": "task", "title": "x", "assignee_id": ana})
    return tmp_path / "hq"


def test_the_state_says_how_many_wait_and_that_mail_is_held_back(mobility: Mobility, folder: Path) -> None:  # noqa: F811
    assert mobility("hq", "mail", "state", "--folder", folder).out.splitlines() == [
        "waiting: 1", "being sent: 0", "sent: 0", "not delivered: 0",
    ]  # fmt: skip
    assert "held back" in mobility("hq", "mail", "pause", "--folder", folder).out
    assert "held back" in mobility("hq", "mail", "state", "--folder", folder).out
    assert mobility("hq", "mail", "resume", "--folder", folder).out == "Mail goes out again.\n"
    assert "held back" not in mobility("hq", "mail", "state", "--folder", folder).out


def test_dead_mails_wait_again(mobility: Mobility, folder: Path) -> None:  # noqa: F811
    assert mobility("hq", "mail", "again", "--folder", folder).out == "0 mails wait again.\n"
    office = Office(folder, now=wall_ms)
    with office.database.transaction() as session:
        session.run("UPDATE outbox SET state='dead', reason='refused'")
    assert mobility("hq", "mail", "again", "--folder", folder).out == "1 mail waits again.\n"
    assert "waiting: 1" in mobility("hq", "mail", "state", "--folder", folder).out


def test_a_mistyped_folder_makes_no_headquarters(mobility: Mobility, tmp_path: Path) -> None:  # noqa: F811
    for command in ("state", "pause", "resume", "again"):
        assert "no headquarters" in one_line(mobility("hq", "mail", command, "--folder", tmp_path / "no"))
    assert not (tmp_path / "no").exists()


def test_serve_refuses_a_mail_server_without_a_sender_and_says_where_none_is_named(
    mobility: Mobility, folder: Path, taken_port: int  # noqa: F811
) -> None:  # fmt: skip
    serve = ("hq", "serve", "--folder", folder, "--port", taken_port)
    assert "--mail-from" in one_line(mobility(*serve, "--smtp", "mail.lusa.example:587"))
    assert "no mail setting" in one_line(
        mobility(*serve, "--smtp", "mail.lusa.example:x", "--mail-from", "a@lusa.example")
    )
    assert "mails wait at the office" in mobility(*serve).out
