"""Every view of the rep's app in one table, and a stage on which each state is seen. Whoever adds a view adds it here.

The accessibility tests, the tests of fit and `scripts/pictures.py` walk through VIEWS; what they look for is theirs.
The stage is one rich customer (documents, files, a change that waits, one that was refused, a conflict) and one bare
customer in the app of a manager, HQ stopped, so that every view stands under the offline banner.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

from mobility_app.domain.fields import Plain
from mobility_app.hq.demo import make
from mobility_app.store.actions.attachments import attach
from mobility_app.store.demo_files import made_files
from mobility_app.ui.sheet import kept
from tests.support.bench import Device, Hq, new_device, start_hq
from tests.support.browser import SLUGS, Visitor
from tests.support.sheets import refuse

CUSTOMERS = 60  # more than one page of the list
LONG_NAME = "Sociedade Agrícola e Comercial dos Vinhos Irmãos Figueiredo & Filhos, Lda"
CARDS = (
    "BEGIN:VCARD\nFN:Marta Nova\nEMAIL:marta@nova.example\nEND:VCARD\nBEGIN:VCARD\nEMAIL:ninguém\nTITLE:x\nFN:Sem fim"
)
FLOAT, DIALOG, LOCKED = ".fb-float", ".q-dialog .fb-dialog-card", "#fb-passphrase"
WRONG, REFUSED = "not the passphrase", ".fb-lock .fb-err span:not(.fb-calm)"
NATIVE = "dialog[open]"  # the palette and the help of keys


@dataclass(frozen=True, slots=True)
class View:
    """How a view is reached: its address, then what is pressed or, with a text, filled in. `{words}` in both are ids of
    the stage; `shows` stands on the page once it is there."""

    name: str
    path: str
    does: tuple[str | tuple[str, str], ...] = ()
    shows: str = "h1"


def _sheet(slug: str, name: str, *does: str | tuple[str, str], shows: str = "h1", at: str = "rich") -> View:
    return View(f"{slug}-{name}", f"/customers/{{{at}}}/{slug}", does, shows)


VIEWS: tuple[View, ...] = (
    View("today", "/"),
    View("customers", "/customers"),
    View("customers-none-found", "/customers", ((".fb-search input", "xyzxyz"),), ".fb-empty"),
    View("new-customer", "/customers/new"),
    View("import", "/customers/import"),
    View("brief", "/customers/{rich}/brief"),
    View("brief-empty", "/customers/{bare}/brief"),
    *(View(slug, f"/customers/{{rich}}/{slug}") for slug in SLUGS),
    *(View(f"{slug}-empty", f"/customers/{{bare}}/{slug}") for slug in SLUGS),
    *(_sheet(slug, "edit", "#fb-edit", shows=FLOAT) for slug in ("details", "addresses", "contacts", "files")),
    _sheet("details", "refused", "#fb-edit", ("#f-customer-{rich}-name", ""), "[data-save]", shows=".fb-alert .fb-notice"),
    _sheet("addresses", "dialog", "[data-act=add]", shows=DIALOG),
    _sheet("addresses", "change", ".fb-more > summary", "[data-act=change]", shows=DIALOG),
    _sheet("contacts", "dialog", "[data-act=add]", shows=DIALOG),
    _sheet("contacts", "chosen", "[data-act=pick]", shows=FLOAT),
    _sheet("contacts", "write", "[data-act=all]", ".fb-chosen [data-act=write]", shows=DIALOG),
    _sheet("contacts", "list", "[data-act=pick]", ".fb-chosen [data-act=list]", shows=DIALOG),
    View("contacts-import", "/customers/{rich}/contacts/import", (("#fb-paste", CARDS), "#fb-paste-show"), "[data-act=bring]"),
    View("lists", "/lists"),
    View("lists-dialog", "/lists", ("[data-act=add]",), DIALOG),
    View("list", "/lists/{list}"),
    View("list-write", "/lists/{list}", ("[data-act=write]",), DIALOG),
    View("list-rename", "/lists/{list}", ("[data-act=rename]", ("#fb-naming", ""), f"{DIALOG} [data-save]"), ".fb-input-bad"),
    View("no-such-list", "/lists/none", shows=".fb-empty h1"),
    *(_sheet("activities", f"dialog-{kind}", f"[data-act=add][data-arg={kind}]", shows=DIALOG)
      for kind in ("task", "call", "appointment")),
    _sheet("activities", "dialog-error", "[data-act=add][data-arg=task]", f"{DIALOG} [data-save]", shows=".fb-input-bad"),
    _sheet("support", "dialog", "[data-act=add]", shows=DIALOG),
    _sheet("files", "delete", "[data-act=delete]", shows=DIALOG),
    _sheet("files", "change", "[data-act=change-file]", shows=DIALOG),
    _sheet("files", "preview", "[data-act=show-file]", shows=DIALOG),
    _sheet("history", "open", ".fb-change > summary", shows=".fb-change[open]"),
    _sheet("history", "filters", ".fb-filters > summary", shows=".fb-filters[open]"),
    View("activity", "/customers/{rich}/activities/{activity}"),
    View("activity-participant", "/customers/{rich}/activities/{activity}", ("[data-act=take-in]",), DIALOG),
    View("request", "/customers/{rich}/support/{ticket}"),
    View("request-note", "/customers/{rich}/support/{ticket}", ("[data-act=note]",), DIALOG),
    View("document", "/customers/{rich}/documents/{document}"),
    View("product", "/customers/{rich}/products/{product}"),
    View("contact", "/contacts/{contact}"),
    View("contact-edit", "/contacts/{contact}", ("#fb-edit",), FLOAT),
    View("contact-dialog", "/contacts/{contact}", ("[data-act=add]",), DIALOG),
    View("contact-write", "/contacts/{contact}", ("[data-act=write]",), DIALOG),
    View("sync", "/sync"),
    View("settings", "/settings"),
    View("settings-passphrase", "/settings", ("[data-act=passphrase]",), DIALOG),
    View("keys", "/settings", ("[data-act=help]",), f"{NATIVE} kbd"),
    View("palette", "/customers/{rich}", ("[data-act=palette]",), f"{NATIVE} [role=option]"),
    View("palette-found", "/", ("[data-act=palette]", ("#fb-palette-field", "a")), f"{NATIVE} [role=option]"),
    View("palette-none-found", "/", ("[data-act=palette]", ("#fb-palette-field", "xyzxyz")), f"{NATIVE} .fb-palette-none"),
    View("not-found", "/nowhere", shows=".fb-empty h1"),
    View("no-such-customer", "/customers/none", shows=".fb-empty h1"),
    View("details-offer", "/customers/{begun}/details", shows=".fb-offer"),
    View("locked", "/settings", ("[data-act=lock]",), LOCKED),
    View("locked-refused", "/settings", ("[data-act=lock]", (LOCKED, WRONG), ".fb-lock .fb-btn"), REFUSED),
)  # fmt: skip


@dataclass(slots=True)
class Stage:
    """The device, the ids that VIEWS name, and the app that runs."""

    hq: Hq
    device: Device
    ids: dict[str, str]

    def show(self, visitor: Visitor, view: View) -> Page:
        """Opens a view and waits until it stands."""
        page = visitor.typed_at(view.path.format(**self.ids))
        for step in view.does:
            selector, text = (step, None) if isinstance(step, str) else step
            at = page.locator(selector.format(**self.ids)).first
            if text is None:
                at.click()
            else:
                at.fill(text)
        page.locator(view.shows.format(**self.ids)).first.wait_for()
        page.evaluate("document.fonts.ready.then(() => true)")
        return page

    def leave(self, page: Page) -> None:
        """Takes back what `show` opened: nothing is left half-typed, nothing locked."""
        if page.locator(LOCKED).count():
            page.locator(".fb-lock .fb-btn:not([disabled])").wait_for()  # after a wrong one it may be a while
            page.locator(LOCKED).fill(self.device.passphrase)
            page.keyboard.press("Enter")
            page.locator(".fb-app:not(.fb-lock)").wait_for()
        if page.locator(NATIVE).count():
            page.keyboard.press("Escape")
            page.locator(NATIVE).wait_for(state="detached")
        if page.locator(DIALOG).count():
            page.keyboard.press("Escape")
            page.locator(DIALOG).wait_for(state="detached")
        if page.locator(".fb-chosen").count():
            page.locator(".fb-chosen [data-act=none]").click()
            page.locator(FLOAT).wait_for(state="detached")
        if page.locator(FLOAT).count():
            page.locator(f"{FLOAT} .fb-btn-ghost").click()
            page.locator(FLOAT).wait_for(state="detached")

    def speak(self, visitor: Visitor, language: str) -> None:
        """The app speaks that language from here on, in every window."""
        visitor.speak(language)


def staged(folder: Path) -> Iterator[Stage]:
    """The stage, its HQ stopped; ends what it started."""
    hq = start_hq(folder / "hq")
    try:
        make(hq.office, customers=CUSTOMERS)
        device, other = new_device(hq, folder / "marta", "Marta Nunes"), new_device(hq, folder / "rui", "Rui Costa")
        ids = _ids(device)
        _unsettled(device, other, ids)
        hq.stop()
        yield Stage(hq, device, ids)
        device.kill_ui()
    finally:
        hq.kill()


def _ids(device: Device) -> dict[str, str]:
    """The customer of Norte with most of everything, one without anything, and records of the first."""
    with device.store.reading() as session:
        rich = str(session.value(
            "SELECT c.id FROM customer c JOIN document d ON d.customer_id=c.id WHERE c.territory_id IN"
            " (SELECT id FROM territory WHERE name='Norte') AND c.status='active'"
            " AND EXISTS (SELECT 1 FROM product p WHERE p.exclusive_customer_id=c.id)"
            " AND EXISTS (SELECT 1 FROM ticket t WHERE t.customer_id=c.id) GROUP BY c.id ORDER BY COUNT(*) DESC LIMIT 1"
        ))  # fmt: skip
        asked = {
            "phone": "SELECT id FROM customer_phone WHERE customer_id=? AND is_main",
            "contact": "SELECT id FROM contact WHERE customer_id=? ORDER BY id LIMIT 1",
            "activity": "SELECT id FROM activity WHERE customer_id=? AND kind='appointment' ORDER BY id LIMIT 1",
            "ticket": "SELECT id FROM ticket WHERE customer_id=? ORDER BY id LIMIT 1",
            "document": "SELECT id FROM document WHERE customer_id=? AND kind='invoice' ORDER BY issued_on LIMIT 1",
            "product": "SELECT id FROM product WHERE exclusive_customer_id=? ORDER BY id LIMIT 1",
            "list": "SELECT l.id FROM mailing_list l JOIN customer c ON c.company_id=l.company_id WHERE c.id=? LIMIT 1",
        }
        found = {name: str(session.value(sql, rich)) for name, sql in asked.items()}
    return {"rich": rich, **found}


def _unsettled(device: Device, other: Device, ids: dict[str, str]) -> None:
    """Files, a conflict, a refused website, a waiting term and activity, and a customer that has nothing yet."""
    rich, phone = ids["rich"], ids["phone"]
    for name, content in made_files():
        attach(device.store, device.files, rich, name, [content])
    other.set("customer_phone", phone, value="22 340 18 77")
    device.set("customer_phone", phone, value="22 340 18 99")
    for one in (other, device, other):
        one.sync()
    wanted: dict[str, Plain] = {"website": "https://www.irmaos-figueiredo-e-filhos.example/pt/encomendas"}
    device.set("customer", rich, **wanted)
    refuse(device, "forbidden")
    device.set("customer", rich, name=LONG_NAME, payment_term_days=45)
    device.create(
        "activity", customer_id=rich, kind="call", title="Confirmar a encomenda", due_at="2030-01-07T10:00:00Z"
    )
    ids["bare"] = device.create("customer", name="Mercearia Nova")
    ids["begun"] = _begun(device)


def _begun(device: Device) -> str:
    """A customer whose sheet was being edited when the battery died."""
    with device.store.reading() as session:
        customer = str(session.value("SELECT id FROM customer WHERE status='inactive' ORDER BY id LIMIT 1"))
    slot = f"f customer {customer} website"
    kept.keep(device.store, customer, "gone", {slot: '{"raw": "https://meio.ex", "seen": null, "base": 0}'}, 0)
    return customer
