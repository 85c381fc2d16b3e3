"""How mail stands, as a rep sees it: an appointment whose mail waits, goes out or is refused, and a message's fate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.support.bench import Device, Hq, new_device, start_hq
from tests.support.browser import Visitor, chromium_browser, visit
from tests.support.waiting import until

pytestmark = pytest.mark.browser


@dataclass(slots=True)
class Stage:
    hq: Hq
    ana: Device
    ana_id: str
    rui_id: str
    customer: str
    contact: str
    visitor: Visitor

    def appointment(self, title: str) -> str:
        activity = self.ana.create(
            "activity", customer_id=self.customer, kind="appointment", title=title, starts_at="2030-01-02T10:00:00+00:00",
            assignee_id=self.rui_id,
        )  # fmt: skip
        self.ana.sync()
        return activity

    def reaches(self, entity: str, record_id: str, name: str, wanted: str) -> None:
        """Syncs until the device holds it."""

        def so() -> bool:
            self.ana.sync()
            return self.ana.dump()[entity][record_id][name] == wanted

        until(so, 60)

    def tab(self, path: str) -> Page:
        self.visitor.go(f"/customers/{self.customer}/{path}")
        return self.visitor.page


@pytest.fixture(scope="module")
def stage(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("mail")
    hq = start_hq(folder / "hq")
    hq.add_company("Lusa", "PT")
    hq.add_territory("Lusa", "Norte")
    ana_id, rui_id = (hq.add_user(name, "rep", "Lusa", ["Norte"]) for name in ("Ana", "Rui"))
    ana = new_device(hq, folder / "ana", "Ana")
    customer = ana.create("customer", name="Óptica Lusitânia")
    contact = ana.create("contact", customer_id=customer, first_name="Marta")
    ana.sync()
    with chromium_browser(chromium) as browser:
        yield Stage(hq, ana, ana_id, rui_id, customer, contact, visit(browser, ana.start_ui()))
    ana.kill_ui()
    hq.kill()
    hq.sink.stop()


def test_a_mail_waits_while_the_mail_server_is_away_and_is_sent_when_it_is_back(stage: Stage) -> None:
    stage.hq.sink.stop()
    activity = stage.appointment("Visita trimestral")
    page = stage.tab(f"activities/{activity}")
    expect(page.get_by_text("E-mail à espera")).to_be_visible()
    expect(stage.tab("activities").get_by_text("E-mail à espera")).to_be_visible()
    stage.hq.sink.start()
    stage.reaches("activity", activity, "mail_state", "sent")
    page = stage.tab(f"activities/{activity}")
    expect(page.get_by_text("E-mail enviado")).to_be_visible()
    page = stage.tab("history")
    expect(page.get_by_text("Visita trimestral").first).to_be_visible()
    expect(page.get_by_text("E-mail enviado")).to_have_count(0)
    expect(page.get_by_text("HQ", exact=True)).to_have_count(0)
    assert stage.visitor.errors == []


def test_a_refused_mail_stands_out_in_the_list_and_a_message_says_whom_it_missed(stage: Stage) -> None:
    stage.hq.sink.days = ["550 no such mailbox"]
    activity = stage.appointment("Formação")
    stage.reaches("activity", activity, "mail_state", "failed")
    expect(stage.tab("activities").get_by_text("E-mail não entregue")).to_be_visible()
    message = stage.ana.create(
        "message",
        customer_id=stage.customer,
        sender_id=stage.ana_id,
        subject="Novidades",
        body="Olá",
        contact_ids=[stage.contact],
    )
    stage.ana.sync()
    stage.reaches("message", message, "state", "failed")
    page = stage.tab("contacts")
    expect(page.get_by_text("Últimas mensagens")).to_be_visible()
    expect(page.get_by_text("Não entregue a Marta.")).to_be_visible()
    assert stage.visitor.errors == []
