"""The files tab in Chromium with HQ stopped: every way in and out, what is refused before a byte is sent, this device."""

from __future__ import annotations

import io
import os
import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from mobility_app.domain.entities.file import SIZE_MAX_BYTES
from tests.support.bench import Device, Hq, new_device, start_hq
from tests.support.browser import Visitor, chromium_browser, visit
from tests.support.waiting import until

resource = pytest.importorskip("resource", reason="limits of POSIX systems stand in for a small disk")
pytestmark = pytest.mark.browser
SETTLED_MS = 30_000  # a watched file has to stay as it is for a while

PASTE = """([type, base64]) => {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], "image.png", {type}));
  document.body.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
}"""


@dataclass(slots=True)
class Stage:
    hq: Hq
    ana: Device
    customer: str
    visitor: Visitor
    folder: Path
    posts: list[str]

    @property
    def page(self) -> Page:
        return self.visitor.page

    def tab(self) -> Page:
        self.visitor.go(f"/customers/{self.customer}/files")
        expect(self.page.get_by_role("button", name="Selecionar um arquivo")).to_be_visible()
        return self.page

    def names(self) -> list[str]:
        return sorted(str(row["name"]) for row in self.ana.dump()["file"].values())

    def file(self, name: str, body: bytes = b"Entregue", size: int = 0) -> Path:
        path = self.folder / name
        path.write_bytes(body)
        if size:
            os.truncate(path, size)
        return path

    def choose(self, *paths: Path) -> None:
        with self.page.expect_file_chooser() as chooser:
            self.page.get_by_role("button", name="Selecionar um arquivo").click()
        chooser.value.set_files(paths)


@pytest.fixture(scope="module")
def stage(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("files")
    hq = start_hq(folder / "hq")
    hq.add_company("Lusa", "PT")
    hq.add_territory("Lusa", "Norte")
    hq.add_user("Ana", "rep", "Lusa", ["Norte"])
    ana = new_device(hq, folder / "ana", "Ana")
    customer = ana.create("customer", name="Óptica Lusitânia")
    ana.sync()
    hq.stop()
    posts: list[str] = []
    with chromium_browser(chromium) as browser:
        visitor = visit(browser, ana.start_ui())
        visitor.page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
        yield Stage(hq, ana, customer, visitor, folder, posts)
    ana.kill_ui()
    hq.kill()


def picture(name: str, folder: Path, colour: tuple[int, int, int] = (200, 30, 30)) -> Path:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (400, 200), colour).save(folder / name, "JPEG", exif=exif)
    return folder / name


def drag(page: Page, *paths: Path) -> None:
    """Drags files from outside onto the tab, as the system does."""
    session = page.context.new_cdp_session(page)
    box = page.get_by_role("button", name="Selecionar um arquivo").bounding_box()
    assert box is not None
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": box["x"] + 20, "y": box["y"] + 60, "data": data})
    session.detach()


def test_several_files_are_chosen_at_once_and_each_arrives(stage: Stage) -> None:
    page = stage.tab()
    stage.choose(stage.file("um.txt"), stage.file("dois.csv", b"a;b"), stage.file("vazio.txt", b""))
    for name in ("um.txt", "dois.csv", "vazio.txt"):
        expect(page.get_by_role("link", name=f"Baixar {name}")).to_be_visible()
    expect(page.locator("#fb-upload")).to_be_hidden()
    assert {"um.txt", "dois.csv", "vazio.txt"} <= set(stage.names())
    page.get_by_role("group", name="Tipo de arquivo").get_by_role("button", name=re.compile("^Planilhas")).click()
    expect(page.get_by_text("um.txt")).to_have_count(0)
    expect(page.get_by_role("link", name="Baixar dois.csv")).to_be_visible()


def test_files_are_dropped_and_a_folder_among_them_is_told(stage: Stage) -> None:
    page = stage.tab()
    (stage.folder / "pasta").mkdir()
    drag(page, stage.file("largado 1.txt"), stage.folder / "pasta", stage.file("largado 2.txt"))
    expect(page.get_by_role("link", name="Baixar largado 1.txt")).to_be_visible()
    expect(page.get_by_role("link", name="Baixar largado 2.txt")).to_be_visible()
    row = page.locator("#fb-upload li")
    expect(row).to_have_count(1)
    expect(row.get_by_role("alert")).to_have_text("Isto é uma pasta. Abra-a e escolha os arquivos que estão nela.")
    row.get_by_role("button", name="Dispensar pasta").click()
    expect(page.locator("#fb-upload")).to_be_hidden()
    assert "pasta" not in stage.names()


def test_one_byte_more_than_500_mb_is_refused_before_any_is_sent(stage: Stage) -> None:
    page = stage.tab()
    stage.posts.clear()
    stage.choose(stage.file("filme.mp4", size=SIZE_MAX_BYTES + 1))
    expect(page.get_by_role("alert").filter(has_text="500 MB")).to_have_text(
        "Este arquivo tem mais de 500 MB. Escolha um menor."
    )
    assert [url for url in stage.posts if "/files/" in url] == []
    assert "filme.mp4" not in stage.names()


def test_the_camera_is_asked_for_pictures_and_its_photos_get_names_of_their_own(stage: Stage) -> None:
    page = stage.tab()
    camera = page.locator("#fb-camera")
    assert [camera.get_attribute(name) for name in ("type", "accept", "capture")] == ["file", "image/*", "environment"]
    expect(page.get_by_role("button", name="Tirar foto")).to_have_count(0)  # a mouse has no camera
    camera.set_input_files(picture("image.jpg", stage.folder))
    shown = page.get_by_role("button", name=re.compile(r"^Ver Foto \d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d\.jpg$"))
    expect(shown).to_be_visible()


def test_a_pasted_picture_is_added_under_a_name_that_says_when(stage: Stage) -> None:
    page = stage.tab()
    out = io.BytesIO()
    Image.new("RGB", (20, 20), (1, 2, 3)).save(out, "PNG")
    page.evaluate(PASTE, ["image/png", b64encode(out.getvalue()).decode()])
    expect(page.get_by_role("button", name=re.compile(r"^Ver Imagem colada .*\.png$"))).to_be_visible()
    page.evaluate(PASTE, ["text/html", b64encode(b"<p>x").decode()])
    expect(page.locator("#fb-upload")).to_be_hidden()


def test_a_picture_opens_in_place_upright_with_the_next_one_and_a_broken_one_says_so(stage: Stage) -> None:
    page = stage.tab()
    stage.choose(picture("fachada.jpg", stage.folder), stage.file("estragada.png", b"\x89PNG\r\n\x1a\n broken"))
    expect(page.get_by_role("link", name="Baixar estragada.png")).to_be_visible()
    expect(page.get_by_role("link", name="Baixar fachada.jpg")).to_be_visible()
    page.get_by_role("button", name="Ver fachada.jpg").click()
    dialog = page.get_by_role("dialog")
    shown = dialog.get_by_role("img", name="Imagem fachada.jpg")
    expect(shown).to_be_visible()
    page.wait_for_function("document.querySelector('.fb-preview-img').naturalWidth > 0")
    size = shown.evaluate("image => [image.naturalWidth, image.naturalHeight]")
    assert size == [200, 400]
    dialog.get_by_role("button", name="Fechar").click()
    expect(dialog).to_have_count(0)
    page.get_by_role("button", name="Ver estragada.png").click()
    expect(page.get_by_role("dialog").get_by_text("Esta imagem não pode ser mostrada aqui.")).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Próximo").click()
    expect(page.get_by_role("dialog").get_by_role("img")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    thumbs = page.locator(".fb-thumb img").evaluate_all("all => all.every((image) => image.complete)")
    assert thumbs


def test_a_pdf_opens_with_one_click_in_the_readers_own_tab(stage: Stage) -> None:
    from fpdf import FPDF

    page = stage.tab()
    pdf = FPDF()
    pdf.add_page()
    pdf.output(str(stage.folder / "contrato.pdf"))
    stage.choose(stage.folder / "contrato.pdf")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Ver contrato.pdf").click()
    opened.value.wait_for_load_state()
    assert "/content?inline=1" in opened.value.url
    answer = page.request.get(opened.value.url)
    assert answer.headers["content-type"] == "application/pdf"
    assert "sandbox" in answer.headers["content-security-policy"]
    opened.value.close()


def test_label_and_expiry_are_written_and_an_expiry_that_is_over_stands_out(stage: Stage) -> None:
    page = stage.tab()
    stage.choose(stage.file("seguro.txt"))
    page.get_by_role("button", name="Etiqueta e validade de seguro.txt").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Etiqueta").fill("Seguro da loja")
    dialog.get_by_label("Válido até").fill("2020-01-31")
    dialog.get_by_role("button", name="Salvar").click()
    row = page.locator(".fb-row").filter(has_text="seguro.txt")
    expect(row).to_contain_text("Seguro da loja")
    expect(row.get_by_text("Venceu em 31 jan. 2020")).to_be_visible()


def test_a_file_is_deleted_after_a_question_and_brought_back(stage: Stage) -> None:
    page = stage.tab()
    stage.choose(stage.file("apagar.txt"))
    page.get_by_role("button", name="Excluir apagar.txt").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancelar").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert "apagar.txt" in stage.names()
    page.get_by_role("button", name="Excluir apagar.txt").click()
    page.get_by_role("dialog").get_by_role("button", name="Excluir apagar.txt").click()
    expect(page.get_by_role("link", name="Baixar apagar.txt")).to_have_count(0)
    page.get_by_role("button", name="Desfazer").click()
    expect(page.get_by_role("link", name="Baixar apagar.txt")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Baixar apagar.txt").click()
    assert Path(download.value.path()).read_bytes() == b"Entregue"


def test_in_edit_mode_nothing_comes_in_by_any_way(stage: Stage) -> None:
    page = stage.tab()
    before = stage.names()
    page.get_by_role("button", name="Editar", exact=True).click()
    expect(page.get_by_role("button", name="Selecionar um arquivo")).to_be_disabled()
    expect(page.get_by_text("Termine a edição para adicionar arquivos.")).to_be_visible()
    stage.posts.clear()
    drag(page, stage.file("proibido.txt"))
    page.evaluate(PASTE, ["image/png", b64encode(b"x").decode()])
    answer = page.evaluate(
        "async (id) => (await fetch('/files/' + id, {method: 'POST', body: 'x', headers: {'X-File-Name': 'a'}})).status",
        stage.customer,
    )
    assert answer == 409
    assert [url for url in stage.posts if "/files/" in url] == [f"{stage.visitor.base}/files/{stage.customer}"]
    assert page.url.endswith("/files")
    page.get_by_role("button", name="Cancelar").click()
    expect(page.get_by_role("button", name="Selecionar um arquivo")).to_be_enabled()
    assert stage.names() == before


def test_an_upload_can_be_stopped_and_one_whose_file_vanished_says_so(stage: Stage) -> None:
    page = stage.tab()
    session = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 400_000}
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", slow)
    large = [stage.file(f"lento {n}.bin", size=60_000_000) for n in (1, 2)]
    vanishing = stage.file("some.bin", b"x" * 1_000)
    stage.choose(*large, vanishing)
    rows = page.locator("#fb-upload li")
    expect(rows).to_have_count(3)
    expect(rows.nth(2)).to_contain_text("À espera")
    expect(rows.nth(0).get_by_role("progressbar", name="Progresso de lento 1.bin")).to_be_visible()
    vanishing.unlink()
    for n in (1, 2):
        page.get_by_role("button", name=f"Parar lento {n}.bin").click()
    expect(rows).to_have_count(1)
    expect(rows.get_by_role("alert")).to_have_text("Este arquivo não pode ser lido. Confira se ainda existe.")
    session.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1})
    session.detach()
    assert [name for name in stage.names() if name.startswith(("lento", "some"))] == []
    expect(page.get_by_text("lento 1.bin")).to_have_count(0)
    until(lambda: {path.suffix for path in (stage.ana.folder / "files").iterdir()} == {".att"})  # none half written


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux makes another process's disk small")
def test_a_full_disk_is_said_in_the_page_and_nothing_half_is_kept(stage: Stage) -> None:
    page = stage.tab()
    assert stage.ana._ui is not None
    pid, before = stage.ana._ui.pid, stage.names()
    limits = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (20_000_000, limits[1]))
    try:
        stage.choose(stage.file("grande.bin", size=40_000_000))
        alert = page.locator("#fb-upload").get_by_role("alert")
        expect(alert).to_have_text("O disco está cheio. Nada foi salvo. Libere espaço e salve de novo.")
        assert stage.names() == before
        assert {path.suffix for path in (stage.ana.folder / "files").iterdir()} == {".att"}
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)
    page.get_by_role("button", name="Dispensar grande.bin").click()
    stage.choose(stage.file("grande.bin", size=40_000_000))
    expect(page.get_by_role("link", name="Baixar grande.bin")).to_be_visible()


def test_a_pinned_customer_and_a_watched_folder_are_this_devices_choice(stage: Stage) -> None:
    page = stage.tab()
    pin = page.get_by_role("button", name="Manter sempre neste dispositivo")
    pin.click()
    expect(pin).to_have_attribute("aria-pressed", "true")
    watch = page.get_by_role("button", name="Observar a pasta")
    expect(watch).to_have_attribute("aria-pressed", "false")
    watch.click()
    expect(watch).to_have_attribute("aria-pressed", "true")
    path = Path(page.locator(".fb-path").inner_text())
    assert path.is_dir()
    assert path.name.endswith("Óptica Lusitânia")
    (path / "guia de remessa.txt").write_bytes(b"Posto na pasta")
    (path / "a meio.pdf.crdownload").write_bytes(b"half")
    expect(page.get_by_role("link", name="Baixar guia de remessa.txt")).to_be_visible(timeout=SETTLED_MS)
    (path / "outra vez.txt").write_bytes(b"Posto na pasta")
    expect(page.get_by_text("já estava anexado e foi para “Anexados”")).to_be_visible(timeout=SETTLED_MS)
    assert sorted(one.name for one in path.iterdir()) == ["Anexados", "a meio.pdf.crdownload"]
    stage.visitor.go("/settings")
    expect(page.get_by_role("heading", name="Pastas observadas")).to_be_visible()
    expect(page.get_by_text("Sempre aqui")).to_be_visible()
    page.get_by_role("button", name="Escolher outro lugar").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Pasta neste dispositivo").fill("nowhere/relative")
    dialog.get_by_role("button", name="Salvar").click()
    expect(dialog.get_by_text("Esta pasta não pode ser criada ou usada. Escolha outra.")).to_be_visible()
    dialog.get_by_label("Pasta neste dispositivo").fill(str(stage.folder / "Minhas pastas"))
    dialog.get_by_role("button", name="Salvar").click()
    expect(page.locator(".fb-path").filter(has_text="Minhas pastas")).to_be_visible()
    page.get_by_role("button", name="Deixar de observar a pasta de Óptica Lusitânia").click()
    expect(page.get_by_role("button", name=re.compile("^Deixar de observar"))).to_have_count(0)
    assert path.is_dir()


def test_while_the_app_is_locked_a_file_in_the_folder_waits(stage: Stage) -> None:
    page = stage.tab()
    page.get_by_role("button", name="Observar a pasta").click()
    path = Path(page.locator(".fb-path").inner_text())
    stage.visitor.go("/settings")
    page.get_by_role("button", name="Bloquear agora").click()
    field = page.get_by_label("Frase-senha")
    expect(field).to_be_visible()
    assert page.request.get(f"{stage.visitor.base}/files/{'a' * 32}/picture").status == 204
    (path / "enquanto bloqueado.txt").write_bytes(b"waits")
    field.fill(stage.ana.passphrase)
    assert "enquanto bloqueado.txt" not in stage.names()
    page.get_by_role("button", name="Desbloquear").click()
    expect(page.locator("h1")).not_to_have_text("Bloqueado")
    page = stage.tab()
    expect(page.get_by_role("link", name="Baixar enquanto bloqueado.txt")).to_be_visible(timeout=SETTLED_MS)


def test_on_a_touch_screen_the_camera_button_is_there(stage: Stage, chromium: str) -> None:
    browser = stage.visitor.context.browser
    assert browser is not None
    state = stage.visitor.context.storage_state()
    context = browser.new_context(
        storage_state=state, has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844}
    )
    page = context.new_page()
    page.goto(f"{stage.visitor.base}/customers/{stage.customer}/files")
    button = page.get_by_role("button", name="Tirar foto")
    expect(button).to_be_visible()
    with page.expect_file_chooser() as chooser:
        button.click()
    chooser.value.set_files(picture("image.jpg", stage.folder, (10, 200, 10)))
    expect(page.get_by_role("button", name=re.compile(r"^Ver Foto .*\.jpg$"))).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


def test_nothing_left_the_machine_and_no_error_was_seen(stage: Stage) -> None:
    assert stage.visitor.foreign == []
    refused = [text for text in stage.visitor.errors if "status of" in text]
    assert sorted(re.findall(r"status of (\d+)", " ".join(refused))) == ["409", "507"]  # edit mode, and the full disk
    assert len(stage.visitor.errors) == len(refused)
