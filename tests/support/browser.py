"""A real Chromium on the rep's app: every request is noted, so that a test can say that none left the loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from mobility_app.ui.names import LANGUAGE_NAMES

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
SLUGS = (
    "details", "addresses", "contacts", "activities", "support", "revenue", "documents", "products", "files", "history",
)  # fmt: skip
LABELS = (
    "Detalhes", "Endereços", "Contatos", "Atividades", "Suporte ao cliente", "Faturamento", "Documentos de faturamento",
    "Produtos exclusivos para esta conta", "Arquivos", "Histórico",
)  # fmt: skip


@dataclass(slots=True)
class Visitor:
    """One browser window with what it asked for and what it complained about."""

    context: BrowserContext
    page: Page
    base: str
    foreign: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        """Opens a path of the app and waits until its heading stands."""
        self.page.goto(self.base + path)
        self.page.locator("h1").first.wait_for()

    def typed_at(self, path: str) -> Page:
        """Opens a path and waits until the page hears keys, which come with its connection."""
        self.go(path)
        self.page.locator("html[data-keys]").wait_for()
        return self.page

    def speak(self, language: str) -> None:
        """Chooses a language in the settings, as people do. Every open page is drawn anew."""
        self.go("/settings")
        name = LANGUAGE_NAMES[language]
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=name, exact=True).click()
        self.page.locator('[aria-pressed="true"]', has_text=name).wait_for()


@contextmanager
def chromium_browser(executable: str) -> Iterator[Browser]:
    """A headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        browser.close()


def visit(
    browser: Browser,
    launch_url: str,
    width: int = 1280,
    height: int = 800,
    scheme: str = "light",
    *,
    touch: bool = False,
) -> Visitor:
    """A window that opened the app by its launch address; with `touch` fingers are its pointer."""
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, locale="pt-PT",  # type: ignore[arg-type]
        timezone_id="Europe/Lisbon", has_touch=touch,
    )  # fmt: skip
    page = context.new_page()
    address = urlsplit(launch_url)
    visitor = Visitor(context, page, f"{address.scheme}://{address.netloc}")

    def asked(url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in ("127.0.0.1", "localhost"):
            visitor.foreign.append(url)

    page.on("request", lambda request: asked(request.url))
    page.on("websocket", lambda socket: asked(socket.url))
    page.on("console", lambda message: visitor.errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: visitor.errors.append(str(error)))
    page.goto(launch_url)
    page.locator("h1").first.wait_for()
    return visitor
