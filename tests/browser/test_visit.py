"""A visit from beginning to end on a tablet without network: found by half a telephone number, briefed, worked, killed, opened
again; then online: headquarters and a second device show all of it, and each mail arrives once."""

from __future__ import annotations

import io
import os
import re
from email.utils import parseaddr
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.support.bench import new_device, start_hq
from tests.support.browser import chromium_browser, visit
from tests.support.waiting import until

pytestmark = pytest.mark.browser

SYNC_SECONDS = 60
PICTURES = os.environ.get("MOBILITY_VISIT_PICTURES")  # a folder: every step is kept there as a picture


def photo() -> bytes:
    """A picture of a delivery note."""
    body = io.BytesIO()
    Image.new("RGB", (640, 480), "white").save(body, "JPEG")
    return body.getvalue()


class Steps:
    """Keeps a picture of each step where somebody wants to look at them."""

    def __init__(self, page: Page) -> None:
        self.page, self._count = page, 0

    def seen(self, name: str) -> None:
        self._count += 1
        if PICTURES:
            Path(PICTURES).mkdir(parents=True, exist_ok=True)
            self.page.wait_for_timeout(400)
            self.page.screenshot(path=Path(PICTURES) / f"{self._count:02d}-{name}.png")


def saved(page: Page) -> None:
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Salvar", exact=True).click()
    expect(dialog).to_have_count(0)


def test_a_visit_without_network_loses_nothing_and_mails_once(tmp_path: Path, chromium: str) -> None:
    hq = start_hq(tmp_path / "hq")
    hq.add_company("Lusa", "PT")
    hq.add_territory("Lusa", "Norte")
    hq.add_user("Ana Silva", "manager", "Lusa", ["Norte"])
    hq.add_user("Rui Costa", "rep", "Lusa", ["Norte"])
    ana, rui = new_device(hq, tmp_path / "ana", "Ana Silva"), new_device(hq, tmp_path / "rui", "Rui Costa")
    customer = ana.create("customer", name="Óptica Lusitânia", preferred_weekday=2)
    ana.create("customer_phone", customer_id=customer, value="22 340 18 77", is_main=True)
    ana.create("address", customer_id=customer, kind="delivery", line1="Rua das Flores, 5", city="Porto", country="PT")
    ana.create("label", name="Compras")
    ana.create("mailing_list", name="Novidades")
    for at in range(30):
        ana.create("customer", name=f"Padaria {at}")
    ana.sync()
    rui.sync()
    hq.stop()
    try:
        with chromium_browser(chromium) as browser:
            visitor = visit(browser, ana.start_ui(), 768, 1024)
            _visit(visitor.page, Steps(visitor.page), customer)
            assert visitor.foreign == []
            ana.kill_ui()
            visitor.context.close()
            visitor = visit(browser, ana.start_ui(), 768, 1024)
            _all_is_there(visitor.page, visitor.base, customer)
            hq.start()
            chip = visitor.page.locator(".fb-head").get_by_text(re.compile("não sincronizad"))
            expect(chip).to_have_count(0, timeout=SYNC_SECONDS * 1000)
            Steps(visitor.page).seen("99-synced")
            assert visitor.errors == []
    finally:
        ana.kill_ui()
    until(lambda: len(hq.mails()) >= 2, SYNC_SECONDS)
    for _ in range(3):  # and a repeated sync mails nothing more
        ana.sync()
        rui.sync()
    mails = hq.mails()
    assert sorted(parseaddr(str(mail["To"]))[1] for mail in mails) == ["marta@optica.example", "rui.costa@lusa.example"]
    (invitation,) = [mail for mail in mails if "rui.costa" in str(mail["To"])]
    assert "text/calendar" in [part.get_content_type() for part in invitation.walk()]
    office, second = hq.dump(), rui.dump()
    for entity in ("activity", "contact", "contact_email", "contact_label", "mailing_list_member", "ticket", "file"):
        assert office[entity], entity
    for entity in ("ticket_entry", "message"):
        assert len(office[entity]) == 1, entity
    assert {name: office[name] for name in second if name not in ("user", "company")} == {
        name: second[name] for name in second if name not in ("user", "company")
    }
    hq.kill()


def _visit(page: Page, steps: Steps, customer: str) -> None:
    page.get_by_role("navigation", name="Principal").get_by_role("link", name="Clientes", exact=True).click()
    page.get_by_role("searchbox").first.fill("0 18 77")
    found = page.get_by_role("link", name="Óptica Lusitânia")
    expect(found).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("^Padaria"))).to_have_count(0)
    steps.seen("found")
    found.click()
    page.get_by_role("link", name="Resumo da visita").click()
    page.wait_for_url("**/brief")
    expect(page.get_by_text("Rua das Flores, 5")).to_be_visible()
    steps.seen("brief")
    page.go_back()
    _calls_and_appointments(page, steps, customer)
    _photo(page, steps, customer)
    _person(page, steps, customer)
    _request(page, steps, customer)


def _calls_and_appointments(page: Page, steps: Steps, customer: str) -> None:
    page.goto(page.url.split("/customers/")[0] + f"/customers/{customer}/activities")
    page.get_by_role("button", name="Nova chamada").click()
    page.get_by_role("dialog").get_by_label("Título").fill("Ligou por causa das lentes")
    saved(page)
    page.get_by_role("button", name="Fechar Ligou por causa das lentes").click()
    page.get_by_role("button", name="Novo compromisso").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Título").fill("Mostrar a coleção")
    dialog.get_by_label("Atribuída a").click()
    page.get_by_role("option", name="Rui Costa").click()
    steps.seen("appointment")
    saved(page)
    expect(page.get_by_role("link", name="Mostrar a coleção")).to_be_visible()
    steps.seen("activities")


def _photo(page: Page, steps: Steps, customer: str) -> None:
    page.locator('a.fb-tab[href$="/files"]').click()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Selecionar um arquivo").click()
    chooser.value.set_files({"name": "guia de remessa.jpg", "mimeType": "image/jpeg", "buffer": photo()})
    expect(page.get_by_role("link", name="Baixar guia de remessa.jpg")).to_be_visible()
    steps.seen("files")


def _person(page: Page, steps: Steps, customer: str) -> None:
    page.locator('a.fb-tab[href$="/contacts"]').click()
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Adicionar contato").first.click()
        page.get_by_role("dialog").get_by_label("Nome", exact=True).fill("Marta")
        page.get_by_role("dialog").get_by_label("Sobrenome").fill("Ferreira")
        page.get_by_role("dialog").get_by_role("button", name="Salvar").click()
    own = opened.value
    own.get_by_role("button", name="Compras").click()
    mails = own.locator("section", has=own.get_by_role("heading", name="E-mails"))
    mails.get_by_role("button", name="Adicionar").click()
    own.get_by_role("dialog").get_by_label("E-mail").fill("marta@optica.example")
    own.get_by_role("dialog").get_by_role("button", name="Salvar").click()
    expect(own.get_by_role("link", name="marta@optica.example")).to_be_visible()
    own.close()
    expect(page.get_by_role("button", name=re.compile(r"^Compras\s*1$"))).to_be_visible()
    page.get_by_role("checkbox", name=re.compile("Marta Ferreira")).check()
    steps.seen("selection")
    page.get_by_role("button", name="Adicionar à lista de envio").click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("Novidades")).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("checkbox", name=re.compile("Marta Ferreira")).check()
    page.get_by_role("button", name="Enviar e-mail").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Assunto").fill("As lentes que pediu")
    dialog.get_by_label("Mensagem").fill("Seguem na quarta-feira.")
    steps.seen("compose")
    dialog.get_by_role("button", name=re.compile("^Enviar")).click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_text("As lentes que pediu")).to_be_visible()


def _request(page: Page, steps: Steps, customer: str) -> None:
    page.locator('a.fb-tab[href$="/support"]').click()
    page.get_by_role("button", name="Nova solicitação").first.click()
    page.get_by_role("dialog").get_by_label("Descrição").fill("Terminal não liga")
    page.get_by_role("dialog").get_by_role("button", name="Salvar").click()
    page.wait_for_url("**/support/*")
    page.get_by_role("button", name="Editar solicitação").click()
    page.get_by_role("dialog").get_by_label("Progresso").fill("30")
    saved(page)
    expect(page.get_by_role("progressbar").first).to_have_attribute("aria-valuenow", "30")
    page.get_by_role("button", name="Adicionar nota").click()
    page.get_by_role("dialog").get_by_label("Texto").fill("Peça encomendada, vem sexta")
    saved(page)
    expect(page.get_by_text("Peça encomendada, vem sexta")).to_be_visible()
    steps.seen("request")


def _all_is_there(page: Page, base: str, customer: str) -> None:
    for slug, texts in {
        "activities": ["Ligou por causa das lentes", "Mostrar a coleção"],
        "files": ["guia de remessa.jpg"],
        "contacts": ["Marta Ferreira", "As lentes que pediu"],
        "support": ["Terminal não liga"],
    }.items():
        page.goto(f"{base}/customers/{customer}/{slug}")
        for text in texts:
            expect(page.locator(".fb-view").get_by_text(text).first).to_be_visible()
    page.get_by_role("link", name=re.compile("^S-")).click()
    expect(page.get_by_text("Peça encomendada, vem sexta")).to_be_visible()
    expect(page.get_by_role("progressbar").first).to_have_attribute("aria-valuenow", "30")
