"""HQ as a process and a real mail server that breaks at every step: each mail arrives once, and devices see how it stands.

"Once" is by Message-ID: where the server took a mail and the answer was lost, HQ can't know, and sends the same mail again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import pytest
import requests

from mobility_app.domain.fields import Plain
from tests.support.bench import Device, Hq, new_device, start_hq
from tests.support.waiting import until

pytestmark = pytest.mark.system
STARTS, ENDS = "2030-01-02T10:00:00+00:00", "2030-01-02T11:00:00+00:00"


@dataclass(slots=True)
class Field:
    """HQ, Ana's device, and a customer of hers whose owner she is herself."""

    hq: Hq
    ana: Device
    ana_id: str
    rui_id: str
    customer: str
    contact: str

    def appointment(self, title: str = "Visita", **more: Plain) -> str:
        return self.ana.create(
            "activity", customer_id=self.customer, kind="appointment", title=title, starts_at=STARTS, ends_at=ENDS,
            assignee_id=self.rui_id, **more,
        )  # fmt: skip

    def state(self, activity: str) -> Plain:
        """How the mails about it stand, on the device."""
        self.ana.sync()
        return self.ana.dump()["activity"][activity]["mail_state"]

    def settled(self, activity: str, wanted: str = "sent") -> None:
        until(lambda: self.state(activity) == wanted, 60)

    def ids(self) -> list[str]:
        return [str(message["Message-ID"]) for message in self.hq.sink.received()]

    def office(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        key = (self.hq.folder / "office.key").read_text("ascii")
        assert session.get(f"{self.hq.url}/office?key={key}", timeout=10).status_code == 200
        return session


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Field]:
    hq = start_hq(tmp_path / "hq")
    hq.add_company("Lusa", "PT")
    hq.add_territory("Lusa", "Norte")
    ana_id, rui_id = (hq.add_user(name, "rep", "Lusa", ["Norte"]) for name in ("Ana", "Rui"))
    ana = new_device(hq, tmp_path / "ana", "Ana")
    customer = ana.create("customer", name="Óptica")
    contact = ana.create("contact", customer_id=customer, first_name="Marta")
    ana.create("contact_email", contact_id=contact, value="marta@optica.example", is_main=True)
    ana.sync()
    yield Field(hq, ana, ana_id, rui_id, customer, contact)
    hq.kill()
    hq.sink.stop()


def test_edits_of_an_offline_day_are_one_mail_and_the_device_sees_it_sent(at: Field) -> None:
    at.ana.offline(True)
    activity = at.appointment()
    at.ana.set("activity", activity, title="Visita e café")
    at.ana.create("activity_participant", activity_id=activity, contact_id=at.contact)
    never = at.appointment("Engano")
    at.ana.delete("activity", never)
    at.ana.offline(False)
    assert at.state(activity) == "waiting"
    got = at.hq.mails()
    assert sorted(str(message["X-RcptTo"]) for message in got) == ["marta@optica.example", "rui@lusa.example"]
    assert all("Visita e café" in str(message["Subject"]) for message in got)
    at.settled(activity)
    assert [line for line in at.ana.history(at.customer) if line["field"] == "mail_state"] == []
    at.ana.delete("activity_participant", next(iter(at.ana.dump()["activity_participant"])))
    at.ana.delete("activity", activity)
    at.ana.sync()
    assert [_method(message) for message in at.hq.mails()[2:]] == ["CANCEL", "CANCEL"]


@pytest.mark.parametrize("day", ["mail", "rcpt", "data", "451 try later", "421 closing"])
def test_a_mail_that_breaks_on_its_way_arrives_once(at: Field, day: str) -> None:
    at.hq.sink.days = [day, day]
    activity = at.appointment()
    at.ana.sync()
    at.settled(activity)
    assert len(at.ids()) == 1
    assert at.hq.sink.days == []


def test_a_mail_that_was_taken_without_an_answer_comes_again_as_the_very_same(at: Field) -> None:
    at.hq.sink.days = ["taken"]
    activity = at.appointment()
    at.ana.sync()
    at.settled(activity)
    assert (len(at.ids()), len(set(at.ids()))) == (2, 1)
    first, second = (raw for _, _, raw in at.hq.sink.envelopes)
    assert first == second


def test_a_mail_server_that_is_away_is_waited_for(at: Field) -> None:
    at.hq.sink.stop()
    activity = at.appointment()
    at.ana.sync()
    until(lambda: "next at" in at.office().get(f"{at.hq.url}/office/mail", timeout=10).text)
    assert at.state(activity) == "waiting"
    at.hq.sink.start()
    at.settled(activity)
    assert len(at.ids()) == 1


def test_a_refused_mail_is_seen_at_the_device_and_tried_again_from_the_office(at: Field) -> None:
    at.hq.sink.days = ["550 no such mailbox <here>"]
    activity = at.appointment()
    at.ana.sync()
    at.settled(activity, "failed")
    office = at.office()
    page = office.get(f"{at.hq.url}/office/mail", timeout=10).text
    assert "550 no such mailbox &lt;here&gt;" in page
    address = page.partition('action="')[2].partition('"')[0]
    assert requests.post(at.hq.url + address, timeout=10).status_code == 401
    assert office.post(at.hq.url + address, timeout=10).status_code == 200
    at.settled(activity)
    assert len(at.ids()) == 1


def test_a_killed_hq_loses_no_mail_and_sends_none_twice(at: Field) -> None:
    """SIGKILL at twelve moments, from right after the push to well after the mail: each arrives, by its Message-ID once."""
    activities = []
    for number in range(12):
        activities.append(at.appointment(f"Visita {number}"))
        at.ana.sync()
        if number % 3 == 1:
            until(lambda: at.hq.sink.received() != [])
        if number % 3 == 2:
            until(lambda n=number: any(f"Visita {n}" in str(message["Subject"]) for message in at.hq.sink.received()))  # type: ignore[misc]
        at.hq.kill()
        at.hq.start()
    for activity in activities:
        at.settled(activity)
    by_title: dict[str, set[str]] = {}
    for message in at.hq.sink.received():
        by_title.setdefault(str(message["Subject"]), set()).add(str(message["Message-ID"]))
    assert len(by_title) == 12
    assert all(len(ids) == 1 for ids in by_title.values())


def test_a_push_that_is_repeated_mails_once(at: Field) -> None:
    activity = at.appointment()
    at.ana.sync()
    sent = at.ana.last_push
    assert sent is not None
    at.settled(activity)
    for _ in range(3):
        assert at.ana.signed_send("POST", sent.target, sent.bytes).status == 200
    at.hq.kill()
    at.hq.start()
    assert at.ana.signed_send("POST", sent.target, sent.bytes).status == 200
    assert len(at.hq.mails()) == 1


def test_a_composed_message_says_to_whom_it_could_not_be_delivered(at: Field) -> None:
    nuno = at.ana.create("contact", customer_id=at.customer, first_name="Nuno")
    message = at.ana.create(
        "message",
        customer_id=at.customer,
        sender_id=at.ana_id,
        subject="Novidades",
        body="Olá",
        contact_ids=[at.contact, nuno],
    )
    at.ana.sync()
    assert at.ana.dump()["message"][message]["state"] == "waiting"

    def failed() -> bool:
        at.ana.sync()
        return at.ana.dump()["message"][message]["state"] == "failed"

    until(failed, 60)
    row = at.ana.dump()["message"][message]
    assert (row["reason"], row["undelivered_ids"]) == ("no_address", [nuno])
    assert [str(one["X-RcptTo"]) for one in at.hq.mails()] == ["marta@optica.example"]


def _method(message: EmailMessage) -> str:
    return next(
        (str(part.get_param("method")) for part in message.walk() if part.get_content_type() == "text/calendar"), ""
    )  # fmt: skip
