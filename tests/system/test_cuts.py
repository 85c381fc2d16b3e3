"""A connection may end at any byte: a push and a pull are cut at many of them, both ways, and nothing is lost or doubled.
What is not HQ's answer is never taken for it, and what is left of HQ's answer never for somebody's page.

Answers are cut at every byte; all bytes of the requests too: EVERY = 1."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mobility_app.errors import Unreachable
from mobility_app.hq.verify import faults as hq_faults
from mobility_app.sync.engine import Engine, Heard
from mobility_app.sync.status import waiting
from mobility_app.sync.transport import HttpTransport
from tests.support import invariants
from tests.support.bench import Device, Hq, new_device, start_hq, wait_for_port
from tests.support.lossy import CUT, PORTAL, PORTAL_PAGE, RESET, SWALLOW, Lossy, Plan
from tests.support.ports import free_port

pytestmark = pytest.mark.system
EVERY = 13  # of requests and whole rounds; a prime: places differ from one message to the next
BYTES_MAX = 10_000  # no message of these tests is as long
STALL_SECONDS = 5  # longer than any answer here takes


@pytest.fixture
def hq(tmp_path: Path) -> Iterator[Hq]:
    hq = start_hq(tmp_path / "hq")
    hq.add_company("Lusa", "PT")
    hq.add_territory("Lusa", "Norte")
    for name in ("Ana", "Rui"):
        hq.add_user(name, "rep", "Lusa", ["Norte"])
    yield hq
    hq.stop()


@pytest.fixture
def proxy(hq: Hq) -> Iterator[Lossy]:
    proxy = Lossy(hq.port)
    yield proxy
    proxy.close()


def through(proxy: Lossy, device: Device, plan: Plan, *, fetch: bool = True) -> str:
    """One round over a connection of its own that this befalls. Why it did not come through, "" where it did."""
    proxy.plan = lambda: plan
    try:
        Engine(device.store, HttpTransport(proxy.url, STALL_SECONDS)).round(fetch=fetch)
    except Unreachable as failed:
        return failed.reason
    return ""


def swept(attempt: Callable[[Plan], str], way: str, every: int) -> list[str]:
    """Ends a connection after so many bytes that way, over and over, later each time, until an attempt comes through.
    Returns why each of the others did not."""
    reasons: list[str] = []
    for place in range(0, BYTES_MAX, every):
        end = RESET if place % 2 else CUT
        why = attempt(Plan(up=place, end=end) if way == "up" else Plan(down=place, end=end))
        if not why:
            return reasons
        reasons.append(why)
    raise AssertionError(f"nothing came through with {BYTES_MAX} bytes")


def test_an_answer_cut_at_any_byte_is_cut_and_no_page_and_what_it_answered_stands_once(
    hq: Hq, proxy: Lossy, tmp_path: Path
) -> None:
    ana, rui = new_device(hq, tmp_path / "ana", "Ana"), new_device(hq, tmp_path / "rui", "Rui")
    customer = ana.create("customer", name="Cut")
    sweeps = []
    for way, every in (
        ("up", EVERY),
        ("down", 1),
    ):  # the same push over and over: HQ lacks it, or has judged it already
        ana.set("customer", customer, website=f"https://{way}.example")
        sweeps.append(swept(lambda plan: through(proxy, ana, plan, fetch=False), way, every))
    for way, every in (("up", EVERY), ("down", 1)):
        rui.sync()
        ana.set("customer", customer, notes=way)
        ana.sync()
        sweeps.append(swept(lambda plan: through(proxy, rui, plan), way, every))
    assert [set(reasons) for reasons in sweeps] == [{"cut"}] * 4
    assert min(len(sweeps[1]), len(sweeps[3])) > 300  # the headers of an answer
    whole(hq, (ana, rui), ana, customer, 5)


def test_a_round_cut_anywhere_in_both_directions_loses_nothing_and_doubles_nothing(
    hq: Hq, proxy: Lossy, tmp_path: Path
) -> None:
    ana = new_device(hq, tmp_path / "ana", "Ana")
    customer, saved = ana.create("customer", name="Cut"), 1

    def push_and_pull(plan: Plan) -> str:
        nonlocal saved
        if not waiting(ana.store).waiting:  # what was cut before is sent again, over and over, until it passed
            ana.sync()  # or what is to be pulled would grow faster than the place of the cut
            ana.set("customer", customer, website=f"https://{saved}.example")
            saved += 1
        return through(proxy, ana, plan)

    for way in ("up", "down"):
        assert set(swept(push_and_pull, way, EVERY)) == {"cut"}
    whole(hq, (ana,), ana, customer, saved)


def whole(hq: Hq, devices: tuple[Device, ...], author: Device, customer: str, saved: int) -> None:
    """All hold what HQ holds; each of the author's changes, all of this customer, was judged and stands in the log once."""
    for device in devices:
        device.sync()
        invariants.pulled_exactly(device.folder.name, device.store, hq.office)
    known = author.store.identity()
    assert known is not None
    with hq.office.ledger.reading() as session:
        invariants.accounted(session, author.folder.name, known.device_id, range(1, saved + 1))
        assert session.value("SELECT COUNT(*) FROM log WHERE record_id=?", customer) == saved
    assert hq_faults(hq.office.ledger) == []


def test_an_answer_that_stops_in_the_middle_is_a_stall(hq: Hq, proxy: Lossy, tmp_path: Path) -> None:
    ana = new_device(hq, tmp_path / "ana", "Ana")
    proxy.plan = Plan
    Engine(ana.store, HttpTransport(proxy.url)).round()
    headers_and_a_part = proxy.lines[-1].down - 1
    for place in (0, 20, headers_and_a_part):
        proxy.plan = lambda place=place: Plan(down=place, end=SWALLOW, patience_seconds=60)
        with pytest.raises(Unreachable) as caught:
            Engine(ana.store, HttpTransport(proxy.url, stall_seconds=0.3)).round()
        assert caught.value.reason == "stalled"


@pytest.mark.parametrize("page", [PORTAL, b"HTTP/1.1 302 Found\r\nlocation: https://hotel.example/\r\n\r\n"])
def test_a_hotel_s_page_is_a_portal_and_never_data(hq: Hq, proxy: Lossy, tmp_path: Path, page: bytes) -> None:
    ana = new_device(hq, tmp_path / "ana", "Ana")
    customer = ana.create("customer", name="Hotel")
    assert through(proxy, ana, Plan(end=PORTAL_PAGE, page=page)) == "portal"
    assert ana.store.read("customer", customer)
    assert ana.sync().pushed == 1


NGINX = """
worker_processes 1; daemon off; error_log stderr crit; pid {folder}/nginx.pid;
events {{ worker_connections 64; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://127.0.0.1:{hq}; proxy_read_timeout 2s; }} }}
}}
"""


@pytest.fixture
def nginx(hq: Hq, tmp_path: Path) -> Iterator[str]:
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if not program:
        pytest.skip("nginx is not installed")
    folder, port = tmp_path / "nginx", free_port()
    folder.mkdir()
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port, hq=hq.port))
    process = subprocess.Popen(
        [program, "-c", str(folder / "nginx.conf"), "-p", str(folder)], stderr=subprocess.DEVNULL
    )
    wait_for_port(port, process)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(timeout=20)


def test_behind_nginx_rounds_pass_long_requests_are_cut_and_an_hq_that_is_away_is_busy(
    hq: Hq, nginx: str, tmp_path: Path
) -> None:
    ana, rui = new_device(hq, tmp_path / "ana", "Ana"), new_device(hq, tmp_path / "rui", "Rui")
    engine = Engine(ana.store, HttpTransport(nginx, 80))
    customer = ana.create("customer", name="Proxy")
    assert engine.round().pushed == 1
    assert engine.news(1) is Heard.NOTHING  # shorter than the proxy's patience
    with pytest.raises(Unreachable) as cut:
        engine.news(30)
    assert cut.value.reason == "busy"
    rui.sync()
    rui.set("customer", customer, website="https://rui.example")
    rui.sync()
    assert engine.news(30) is Heard.NEWS
    hq.stop()
    with pytest.raises(Unreachable) as away:
        engine.round()
    assert away.value.reason == "busy"
    hq.start()
    assert engine.round().entries
