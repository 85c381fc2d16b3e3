"""Every view of the rep's app in one table, and a stage on which each state is seen. Whoever adds a view adds it here.

The accessibility tests, the tests of fit and `scripts/pictures.py` walk through VIEWS; what they look for is theirs.
The stage is one rich customer (documents, files, a change that waits, one that was refused, a conflict) and one bare
customer in the app of a manager, which is cut off from HQ, so that every view stands under the offline banner. A view may
need that something happens behind it: a colleague's sync, a disk that does not answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urljoin

from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as Late

from mobility_app.domain.fields import Plain
from mobility_app.hq.demo import make
from mobility_app.hq.merging import merge_customers
from mobility_app.store import identity, lease, snapshot
from mobility_app.store.actions.attachments import attach
from mobility_app.store.demo_files import made_files
from mobility_app.sync.status import METERED_SWITCH
from mobility_app.ui.sheet import kept
from tests.support.bench import Device, Hq, new_device, start_hq
from tests.support.browser import SLUGS, Visitor
from tests.support.sheets import refuse
from tests.support.stalled import stalled
from tests.support.waiting import until

CUSTOMERS = 60  # more than one page of the list
LONG_NAME = "Sociedade Agrícola e Comercial dos Vinhos Irmãos Figueiredo & Filhos, Lda"
CARDS = (
    "BEGIN:VCARD\nFN:Marta Nova\nEMAIL:marta@nova.example\nEND:VCARD\nBEGIN:VCARD\nEMAIL:ninguém\nTITLE:x\nFN:Sem fim"
)
FLOAT, DIALOG, LOCKED = ".fb-float", ".q-dialog .fb-dialog-card", "#fb-passphrase"
WRONG, REFUSED = "not the passphrase", ".fb-lock .fb-err span:not(.fb-calm)"
NATIVE = "dialog[open]"  # the palette and the help of keys
WAITING, TOAST, MEET = ".fb-waitrows", ".fb-toast", "[data-act=meet]"
TERMS_DAYS = (45, 60)
SOON_MS = 3_000
Step: TypeAlias = "str | tuple[str, str] | Callable[[Stage, Page], None]"


@dataclass(frozen=True, slots=True)
class View:
    """How a view is reached: its address, then what is pressed or, with a text, filled in, or happens on the stage.
    `{words}` are ids of the stage; `shows` stands on the page once it is there."""

    name: str
    path: str
    does: tuple[Step, ...] = ()
    shows: str = "h1"


def _office_changes_the_mail(stage: Stage, page: Page) -> None:
    stage.colleague(
        page, lambda other, n: other.set("customer_email", stage.ids["mail"], value=f"compras{n}@figueiredo.example")
    )


def _customers_arrive(stage: Stage, page: Page) -> None:
    """As in the middle of a first sync."""
    with stage.device.store.transaction() as session:
        snapshot.note(session, {"t:arriving": ("s", 1, 2_400, 8)}, [])
        session.run("UPDATE arriving SET done=1500")
    page.reload()


def _is_told_where_it_went(stage: Stage, page: Page) -> None:
    """The note stays only a moment: the app is held while it stands."""
    page.locator(TOAST).wait_for()
    stage.device.hold_ui(still=True)


def _without_contact(stage: Stage, page: Page) -> None:
    """The right passphrase on a device that has not met HQ for too long."""
    store = stage.device.store
    with store.transaction() as session:
        identity.set_meta(session, lease.KEY, json.dumps(lease.Lease(counted=16 * lease.DAY_MS, mark=store.now())))
    page.locator(".fb-lock .fb-btn:not([disabled])").wait_for()
    page.locator(LOCKED).fill(stage.device.passphrase)
    page.locator(".fb-lock .fb-btn").click()


def _the_disk_does_not_answer(selector: str) -> Callable[[Stage, Page], None]:
    return lambda stage, page: stage.caught_waiting(page, selector)


def _sheet(slug: str, name: str, *does: Step, shows: str = "h1", at: str = "rich") -> View:
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
    View("request-combine", "/customers/{rich}/support/{ticket}", ("[data-act=combine]",), DIALOG),
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
    View("customers-loading", "/", (_the_disk_does_not_answer(".fb-nav[href='/customers']"),), WAITING),
    View("sheet-loading", "/customers", (_the_disk_does_not_answer("tbody a"),), f".fb-body {WAITING}"),
    _sheet("details", "clash", "#fb-edit", ("#f-customer_email-{mail}-value", "encomendas@figueiredo.example"),
           _office_changes_the_mail, shows=".fb-input .fb-conflict"),
    _sheet("details", "not-taken", shows=".fb-why"),
    View("customers-arriving", "/customers", (_customers_arrive,), "[role=progressbar]"),
    View("not-here-yet", "/contacts/none", (_customers_arrive,)),
    View("merged", "/customers/{merged}", (_is_told_where_it_went,), TOAST),
    View("lease", "/settings", ("[data-act=lock]", _without_contact), MEET),
    View("locked", "/settings", ("[data-act=lock]",), LOCKED),
    View("locked-refused", "/settings", ("[data-act=lock]", (LOCKED, WRONG), ".fb-lock .fb-btn"), REFUSED),
)  # fmt: skip


@dataclass(slots=True)
class Stage:
    """The device, the ids that VIEWS name, and the app that runs."""

    hq: Hq
    device: Device
    other: Device
    ids: dict[str, str]
    _times: Iterator[int] = field(default_factory=count)

    def show(self, visitor: Visitor, view: View) -> Page:
        """Opens a view and waits until it stands."""
        self.device.hold_ui(still=False)  # where the view before failed
        if visitor.page.locator(f"{MEET}, {LOCKED}").count():  # the same: one view that fails is not to fail all others
            self.leave(visitor.page)
        page = visitor.typed_at(view.path.format(**self.ids))
        for step in view.does:
            if callable(step):
                step(self, page)
                continue
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
        self.device.hold_ui(still=False)
        with self.device.store.transaction() as session:
            session.run("DELETE FROM arriving")
        if page.locator(MEET).count():
            lease.met(self.device.store, 0)
            with suppress(Late):  # it may open by itself before
                page.locator(MEET).click(timeout=SOON_MS)
            page.locator(".fb-app:not(.fb-lock)").wait_for()
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

    def caught_waiting(self, page: Page, selector: str) -> None:
        """Presses it while the disk does not answer, and holds the app as it stands then."""
        with stalled(self.device.folder / "store.db"):
            page.locator(selector).first.click()
            page.locator(WAITING).first.wait_for()
            self.device.hold_ui(still=True)

    def colleague(self, page: Page, change: Callable[[Device, int], None]) -> None:
        """A colleague changes something and syncs; then this app does, from another window. `change` is given the
        colleague's device and a number that is new each time. What waited here was sent with it, so it is done anew."""
        times = next(self._times)
        change(self.other, times)
        self.other.sync()
        window = page.context.new_page()
        window.goto(urljoin(page.url, "/sync"))
        button = window.locator("[data-act=sync]")
        button.wait_for()
        self._connect(on=True)
        button.click()
        until(lambda: _told(self.device, self.ids) >= _told(self.other, self.ids) and not _open(self.device))
        self._connect(on=False)
        _waits(self.device, self.ids, times + 1)
        button.click()
        window.locator(".fb-banner").wait_for()
        window.close()

    def _connect(self, *, on: bool) -> None:
        """The app's way to HQ. Metered, so that no file travels."""
        with self.device.store.transaction() as session:
            identity.set_meta(session, METERED_SWITCH, "1" if on else "")
        self.device.offline(not on)

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
        ids["merged"] = _merged(hq, device, ids["rich"])
        _unsettled(device, other, ids)
        device.offline(True)
        yield Stage(hq, device, other, ids)
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
            "mail": "SELECT id FROM customer_email WHERE customer_id=? AND is_main",
            "contact": "SELECT id FROM contact WHERE customer_id=? ORDER BY id LIMIT 1",
            "activity": "SELECT id FROM activity WHERE customer_id=? AND kind='appointment' ORDER BY id LIMIT 1",
            "ticket": "SELECT id FROM ticket WHERE customer_id=? ORDER BY id LIMIT 1",
            "document": "SELECT id FROM document WHERE customer_id=? AND kind='invoice' ORDER BY issued_on LIMIT 1",
            "product": "SELECT id FROM product WHERE exclusive_customer_id=? ORDER BY id LIMIT 1",
            "list": "SELECT l.id FROM mailing_list l JOIN customer c ON c.company_id=l.company_id WHERE c.id=? LIMIT 1",
        }
        found = {name: str(session.value(sql, rich)) for name, sql in asked.items()}
    return {"rich": rich, **found}


def _merged(hq: Hq, device: Device, rich: str) -> str:
    """A customer that the office made one with another, while its sheet's address was kept."""
    with device.store.reading() as session:
        gone, kept_ = session.one(
            "SELECT a.id, b.id FROM customer a JOIN customer b ON b.company_id=a.company_id AND b.id > a.id"
            " WHERE a.id != ?1 AND b.id != ?1 AND a.status != 'inactive' ORDER BY a.id DESC, b.id DESC LIMIT 1", rich,
        ) or ("", "")  # fmt: skip
    with hq.office.ledger.transaction() as tx:
        merge_customers(tx, str(gone), str(kept_))
    return str(gone)


def _unsettled(device: Device, other: Device, ids: dict[str, str]) -> None:
    """Files, a conflict, a refused website, a waiting term and activity, and a customer that has nothing yet."""
    rich, phone = ids["rich"], ids["phone"]
    for name, content in made_files():
        attach(device.store, device.files, rich, name, [content])
    other.set("customer_phone", phone, value="22 340 18 77")
    device.set("customer_phone", phone, value="22 340 18 99")
    other.set("ticket", ids["ticket"], progress_percent=75)
    device.set("ticket", ids["ticket"], progress_percent=25)  # the colleague is further: told, no conflict
    other.set("ticket", ids["ticket"], description="O terminal do balcão não liga desde segunda-feira.\nPede-se troca.")
    device.set("ticket", ids["ticket"], description="O terminal da cozinha não liga.\nPede-se visita.")
    for one in (other, device, other):
        one.sync()
    wanted: dict[str, Plain] = {"website": "https://www.irmaos-figueiredo-e-filhos.example/pt/encomendas"}
    device.set("customer", rich, **wanted)
    refuse(device, "forbidden")
    device.set("customer", rich, name=LONG_NAME)
    ids["call"] = device.create("activity", customer_id=rich, kind="call", title="Confirmar a encomenda")
    _waits(device, ids, 0)
    ids["bare"] = device.create("customer", name="Mercearia Nova")
    ids["begun"] = _begun(device)


def _told(device: Device, ids: dict[str, str]) -> int:
    """Up to which number of HQ's log the device knows the rich customer."""
    with device.store.reading() as session:
        return int(session.value("SELECT MAX(seq) FROM entry WHERE root_id=?", ids["rich"]))


def _open(device: Device) -> int:
    with device.store.reading() as session:
        return int(session.value("SELECT COUNT(*) FROM change WHERE state IN ('open', 'sent')"))


def _waits(device: Device, ids: dict[str, str], times: int) -> None:
    """A term of payment and a call that the office does not know."""
    device.set("customer", ids["rich"], payment_term_days=TERMS_DAYS[times % 2])
    device.set("activity", ids["call"], due_at=f"2030-01-07T1{times % 2}:00:00Z")


def _begun(device: Device) -> str:
    """A customer whose sheet was being edited when the battery died."""
    with device.store.reading() as session:
        customer = str(session.value("SELECT id FROM customer WHERE status='inactive' ORDER BY id LIMIT 1"))
    slot = f"f customer {customer} website"
    kept.keep(device.store, customer, "gone", {slot: '{"raw": "https://meio.ex", "seen": null, "base": 0}'}, 0)
    return customer
