"""A connection may end at any byte: a push and a pull are cut at many of them, both ways, and nothing is lost or
doubled. What is not HQ's answer is never taken for it.

All bytes: EVERY = 1. It takes many minutes, since each cut is a round of its own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mobility_app.errors import Unreachable
from mobility_app.hq.verify import faults as hq_faults
from mobility_app.sync.engine import Engine
from mobility_app.sync.status import waiting
from mobility_app.sync.transport import HttpTransport
from tests.support import invariants
from tests.support.bench import Device, Hq, free_port, new_device, start_hq, wait_for_port
from tests.support.lossy import CUT, PORTAL_PAGE, RESET, Lossy, Plan

pytestmark = pytest.mark.system
EVERY = 13  # a prime: places differ from one message to the next


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


def through(proxy: Lossy, device: Device, plan: Plan) -> bool:
    """One round over a connection of its own that this befalls. Whether it came through."""
    proxy.plan = lambda: plan
    try:
        Engine(device.store, HttpTransport(proxy.url)).round()
    except Unreachable:
        return False
    return True


def journey(proxy: Lossy, device: Device) -> tuple[int, int]:
    """The bytes that a round takes, up and down."""
    proxy.plan = Plan
    Engine(device.store, HttpTransport(proxy.url)).round()
    return proxy.last.up, proxy.last.down


def test_a_round_cut_anywhere_in_both_directions_loses_nothing_and_doubles_nothing(
    hq: Hq, proxy: Lossy, tmp_path: Path
) -> None:
    ana, rui = new_device(hq, tmp_path / "ana", "Ana"), new_device(hq, tmp_path / "rui", "Rui")
    customer = ana.create("customer", name="Cut")
    up, down = journey(proxy, ana)  # a push, then a pull
    saved = 1
    plans = [Plan(up=place, end=RESET if place % 2 else CUT) for place in range(0, up, EVERY)]
    plans += [Plan(down=place, end=RESET if place % 2 else CUT) for place in range(0, down, EVERY)]
    for number, plan in enumerate(plans):
        if not waiting(ana.store).waiting:  # what was cut before is sent again, over and over, until it passed
            ana.set("customer", customer, website=f"https://{number}.example")
            saved += 1
        through(proxy, ana, plan)
    assert through(proxy, ana, Plan())
    _, down = journey(proxy, rui)
    ana.set("customer", customer, website="https://last.example")
    ana.sync()
    for place in range(0, down, EVERY):  # the pull alone, with something in it
        through(proxy, rui, Plan(down=place, end=RESET if place % 2 else CUT))
    for device in (ana, rui):
        assert through(proxy, device, Plan())
        invariants.pulled_exactly(device.folder.name, device.store, hq.office)
    known = ana.store.identity()
    assert known is not None
    with hq.office.ledger.reading() as session:
        invariants.accounted(session, "ana", known.device_id, range(1, saved + 2))
        assert session.value("SELECT COUNT(*) FROM log WHERE record_id=?", customer) == saved + 1
    assert hq_faults(hq.office.ledger) == []


def test_a_hotel_s_page_is_a_portal_and_never_data(hq: Hq, proxy: Lossy, tmp_path: Path) -> None:
    ana = new_device(hq, tmp_path / "ana", "Ana")
    customer = ana.create("customer", name="Hotel")
    proxy.plan = lambda: Plan(end=PORTAL_PAGE)
    with pytest.raises(Unreachable) as caught:
        Engine(ana.store, HttpTransport(proxy.url)).round()
    assert caught.value.reason == "portal"
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
    assert not engine.news(1)  # shorter than the proxy's patience
    with pytest.raises(Unreachable) as cut:
        engine.news(30)
    assert cut.value.reason == "busy"
    rui.sync()
    rui.set("customer", customer, website="https://rui.example")
    rui.sync()
    assert engine.news(30)
    hq.stop()
    with pytest.raises(Unreachable) as away:
        engine.round()
    assert away.value.reason == "busy"
    hq.start()
    assert engine.round().entries
