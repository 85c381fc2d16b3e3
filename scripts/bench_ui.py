"""`scripts/bench.py ui`: how the rep's app feels, beside a bare NiceGUI page of the same run.

From click or key to the wanted text visible plus two animation frames, medians in milliseconds, as Chromium sees it.
The bare page is a label and a button that changes it, served as the app is. The method itself costs time on every
click and every page: the line "method" says how much, measured on a page without any server behind the click.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page

from tests.support import crowd
from tests.support.bench import Device, environment, wait_for_port
from tests.support.browser import chromium_browser
from tests.support.ports import free_port

REPEATS = 7
STARTS = 3
PASSPHRASE = "bench-passphrase-of-nobody"
FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
ROW, BODY = ".fb-view tbody a.fb-cell-link", ".fb-body"
OTHER = "([place, was]) => { const now = document.querySelector(place)?.innerText; return now && now !== was }"
ROWS_ARE = "([row, count]) => document.querySelectorAll(row).length === count"
FEWER_ROWS = "([row, count]) => document.querySelectorAll(row).length < count"
ELEMENTS = "document.querySelectorAll('body *').length"
BARE = """
import sys
from nicegui import ui

@ui.page('/')
def page():
    said = ui.label('Nothing yet')
    ui.html('<h1>Bare</h1>', sanitize=False)
    numbers = iter(range(1, 1_000_000))
    ui.button('Change', on_click=lambda: said.set_text(f'Changed {next(numbers)}'))

ui.run(host='127.0.0.1', port=int(sys.argv[1]), reload=False, show=False, show_welcome_message=False)
"""
METHOD = """<button onclick="this.nextElementSibling.textContent = 'Changed ' + (++window.n)">Change</button><p></p>
<h1>Method</h1><script>window.n = 0</script>"""


@dataclass(slots=True)
class Figures:
    """Milliseconds by step, and counts."""

    found: dict[str, list[float]] = field(default_factory=dict)

    def add(self, step: str, seconds: float) -> None:
        self.note(step, seconds * 1e3)

    def note(self, step: str, figure: float) -> None:
        self.found.setdefault(step, []).append(figure)

    def median(self, step: str) -> float:
        return statistics.median(self.found[step])


def timed(page: Page, act: Callable[[], object], shown: Callable[[], object]) -> float:
    """Seconds from the act until what is wanted is shown, and two frames more."""
    began = time.perf_counter()
    act()
    shown()
    page.evaluate(FRAMES)
    return time.perf_counter() - began


def bench_ui(folder: Path, customers: int) -> None:
    """Prints the table for a device with that many customers."""
    device_folder = folder / "device"
    began = time.perf_counter()
    device, numbers = _device(device_folder, customers)
    size = (device_folder / "store.db").stat().st_size
    print(f"{customers:,} customers, {size / 1e6:,.0f} MB, made in {time.perf_counter() - began:.1f} s")
    figures = Figures()
    chromium = os.environ.get("MOBILITY_CHROMIUM") or shutil.which("chromium") or ""
    with chromium_browser(chromium) as browser:
        for _ in range(STARTS):
            _bare(browser, folder, figures)
            _method(browser, figures)
            _ours(browser, device, numbers, figures)
    _table(figures)


def _device(folder: Path, customers: int) -> tuple[Device, list[str]]:
    """The device, and the numbers of some customers that have documents, activities and history."""
    store = crowd.open_folder(folder, PASSPHRASE)
    deep = crowd.fill(store, customers)[:REPEATS]
    numbers = [str((store.read("customer", key) or {})["number"]) for key in deep]
    store.close()
    return Device(folder, PASSPHRASE, "http://127.0.0.1:1"), numbers


def _bare(browser: Browser, folder: Path, figures: Figures) -> None:
    script = folder / "bare.py"
    script.write_text(BARE, "utf-8")
    port = free_port()
    began = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, str(script), str(port)],
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            wait_for_port(port, process)
            address = f"http://127.0.0.1:{port}/"
            page = browser.new_page()
            heading = page.get_by_role("heading", level=1)
            figures.add("bare cold", timed(page, lambda: page.goto(address), heading.wait_for))
            figures.add("bare start", time.perf_counter() - began)
            for _ in range(REPEATS):
                figures.add("bare warm", timed(page, lambda: page.goto(address), heading.wait_for))
            for number in range(1, REPEATS + 1):
                button, said = page.get_by_role("button"), page.get_by_text(f"Changed {number}", exact=True)
                figures.add("bare click", timed(page, button.click, said.wait_for))
            page.close()
        finally:
            process.kill()


def _method(browser: Browser, figures: Figures) -> None:
    page = browser.new_page()
    page.set_content(METHOD)
    for number in range(1, REPEATS + 1):
        said = page.get_by_text(f"Changed {number}", exact=True)
        figures.add("method click", timed(page, page.get_by_role("button").click, said.wait_for))
    page.close()


def _ours(browser: Browser, device: Device, numbers: list[str], figures: Figures) -> None:
    began = time.perf_counter()
    launch = device.start_ui()
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="pt-PT")
    try:
        page = context.new_page()
        heading = page.get_by_role("heading", level=1)
        page.goto(launch)
        heading.wait_for()
        page.evaluate(FRAMES)
        figures.add("start", time.perf_counter() - began)
        base = "{0.scheme}://{0.netloc}".format(urlsplit(launch))
        _lists(page, base, numbers, figures)
        _sheet(page, base, numbers, figures)
        figures.note("memory", _memory(device))
    finally:
        context.close()
        device.kill_ui()


def _lists(page: Page, base: str, numbers: list[str], figures: Figures) -> None:
    rows, address = page.locator(ROW).first, f"{base}/customers"
    page.context.new_cdp_session(page).send("Network.clearBrowserCache")
    figures.add("list cold", timed(page, lambda: page.goto(address), rows.wait_for))
    for _ in range(REPEATS):
        figures.add("list warm", timed(page, lambda: page.goto(address), rows.wait_for))
    field = page.get_by_role("searchbox").first
    for number in numbers:
        field.fill("")
        page.wait_for_function(ROWS_ARE, arg=[ROW, 50])
        field.type(number[:-1], delay=60)
        page.wait_for_function(FEWER_ROWS, arg=[ROW, 50])

        def press(last: str = number[-1]) -> None:
            field.press(last)

        figures.add("letter typed", timed(page, press, lambda: page.wait_for_function(ROWS_ARE, arg=[ROW, 1])))


def _sheet(page: Page, base: str, numbers: list[str], figures: Figures) -> None:
    title = page.get_by_role("heading", level=1)
    for number in numbers:
        page.goto(f"{base}/customers")
        page.get_by_role("searchbox").first.fill(number)
        page.wait_for_function(ROWS_ARE, arg=[ROW, 1])
        row = page.locator(ROW)
        customer = title.filter(has_text=row.inner_text())

        def opened() -> None:
            customer.wait_for()  # noqa: B023 - used at once
            page.wait_for_function(OTHER, arg=[BODY, ""])

        figures.add("open sheet", timed(page, row.click, opened))
        figures.note("elements", page.evaluate(ELEMENTS))
        for slug in ("contacts", "activities", "documents", "details"):
            before, link = page.inner_text(BODY), page.locator(f'a.fb-tab[href$="/{slug}"]')
            figures.add(
                "switch tab",
                timed(page, link.click, lambda was=before: page.wait_for_function(OTHER, arg=[BODY, was])),  # type: ignore[misc]
            )
        edit, field = page.get_by_role("button", name="Editar", exact=True), page.get_by_label("Nome da conta")
        figures.add("into edit", timed(page, edit.click, field.wait_for))
        field.fill(f"Cliente medido {number} {time.monotonic_ns()}")
        saved = field.input_value()
        page.get_by_text("1 alteração", exact=True).wait_for()
        save = page.get_by_role("button", name="Salvar", exact=True)
        figures.add("save", timed(page, save.click, title.filter(has_text=saved).wait_for))


def _memory(device: Device) -> float:
    """MiB that the app's process holds, shared pages by their part; 0 where the system does not tell."""
    process = device._ui
    path = Path(f"/proc/{process.pid if process else 0}/smaps_rollup")
    try:
        lines = path.read_text("ascii").splitlines()
    except OSError:
        return 0.0
    return next((float(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


def _table(figures: Figures) -> None:
    print(f"{'method: a click on a page without a server':<44} {figures.median('method click'):>8.0f} ms")
    for what, step, yardstick, name in (
        ("list, cold", "list cold", "bare cold", "bare page, cold"),
        ("list, warm", "list warm", "bare warm", "bare page, warm"),
        ("letter typed -> matches", "letter typed", "bare warm", "bare page, warm"),
        ("open sheet", "open sheet", "bare warm", "bare page, warm"),
        ("switch tab", "switch tab", "bare warm", "bare page, warm"),
        ("switch tab", "switch tab", "bare click", "click on the bare page"),
        ("into edit", "into edit", "bare warm", "bare page, warm"),
        ("save, durable, history written", "save", "bare warm", "bare page, warm"),
        ("save, durable, history written", "save", "bare click", "click on the bare page"),
        ("start -> first page", "start", "bare start", "bare start -> page"),
    ):
        mine, other = figures.median(step), figures.median(yardstick)
        print(f"{what:<44} {mine:>8.0f} ms  {name:<24} {other:>8.0f} ms   ratio {mine / other:.2f}")
    print(f"{'elements on the sheet':<44} {figures.median('elements'):>8.0f}")
    print(f"{'memory of the app (PSS)':<44} {figures.median('memory'):>8.0f} MiB")
