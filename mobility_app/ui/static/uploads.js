/* Files on their way from the browser to the device's vault: chosen, dropped, photographed or pasted, each with its
   progress and a way to stop it. Called by ui/sheet/adding.py; the list lives as long as the page, so that it goes on
   while another tab of the sheet is looked at. It sends only to our own address. */
(() => {
  "use strict";
  const AT_ONCE = 2, MOST = 50;
  const uploads = [];
  let number = 0;
  let texts = {};

  const say = (text, places) => (text || "").replace(/\{(\w+)\}/g, (all, name) => (name in places ? places[name] : all));
  const part = (tag, cls, text) => {
    const el = document.createElement(tag);
    if (cls) el.className = cls;
    if (text) el.textContent = text;
    return el;
  };
  const sign = (name) => {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    svg.setAttribute("class", "fb-i");
    svg.setAttribute("aria-hidden", "true");
    use.setAttribute("href", texts.sprite + "#" + name);
    svg.append(use);
    return svg;
  };

  const draw = (upload) => {
    const row = part("li", "fb-upload");
    const text = part("span", "fb-upload-t", upload.name);
    const note = part("span", "fb-meta");
    const bar = part("div", "fb-progress");
    const away = part("button", "fb-btn fb-btn-icon fb-btn-ghost");
    bar.append(part("span"));
    bar.setAttribute("role", "progressbar");
    bar.setAttribute("aria-label", say(texts.progress, { name: upload.name }));
    bar.setAttribute("aria-valuemin", "0");
    bar.setAttribute("aria-valuemax", "100");
    away.type = "button";
    away.append(sign("x"));
    away.onclick = () => stop(upload);
    row.append(text, note, away, bar);
    upload.parts = { row, note, bar, away };
    refresh(upload);
    return row;
  };
  const refresh = (upload) => {
    const { row, note, bar, away } = upload.parts;
    const percent = Math.floor(100 * upload.loaded / Math.max(upload.total, 1));
    const failed = upload.state === "failed";
    row.classList.toggle("fb-upload-bad", failed);
    note.textContent = failed ? upload.why : upload.state === "waiting" ? texts.waiting : percent + " %";
    if (failed) note.setAttribute("role", "alert");
    bar.hidden = failed;
    bar.firstElementChild.style.width = percent + "%";
    bar.setAttribute("aria-valuenow", String(percent));
    const name = say(failed ? texts.dismiss : texts.cancel, { name: upload.name });
    away.setAttribute("aria-label", name);
    away.title = name;
  };
  const show = () => {
    const box = document.getElementById("fb-upload");
    if (!box) return;
    const rows = uploads.map((upload) => (upload.parts ? upload.parts.row : draw(upload)));
    box.hidden = !rows.length;
    if (rows.length !== box.children.length || rows.some((row, at) => row !== box.children[at])) box.replaceChildren(...rows);
  };
  const drop = (upload) => {
    const at = uploads.indexOf(upload);
    if (at < 0) return;
    const focused = upload.parts && upload.parts.row.contains(document.activeElement);
    uploads.splice(at, 1);
    show();
    if (focused) { const next = document.querySelector("#fb-upload button, [data-act=choose]"); if (next) next.focus(); }
  };
  const stop = (upload) => {
    const sent = upload.request;
    upload.state = "stopped";
    drop(upload);
    if (sent) sent.abort();
    next();
  };
  const fail = (upload, why) => {
    if (upload.state === "stopped") return;
    upload.state = "failed";
    upload.why = why;
    if (upload.parts) refresh(upload); else show();
    next();
  };
  const next = () => {
    show();
    const sending = uploads.filter((upload) => upload.state === "sending").length;
    uploads.filter((upload) => upload.state === "waiting").slice(0, Math.max(0, AT_ONCE - sending)).forEach(send);
  };
  const coded = (text) => encodeURIComponent(text.replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, "_"));
  const readable = async (file) => { try { await file.slice(0, 1).arrayBuffer(); return true; } catch { return false; } };

  const send = async (upload) => {
    upload.state = "sending";
    if (upload.parts) refresh(upload);
    if (!(await readable(upload.file))) { fail(upload, texts.unreadable); return; }
    if (upload.state !== "sending") return;
    const request = new XMLHttpRequest();
    upload.request = request;
    request.open("POST", upload.address);
    request.setRequestHeader("X-File-Name", coded(upload.name));
    request.setRequestHeader("X-File-Label", coded(upload.label));
    request.setRequestHeader("Content-Type", upload.file.type || "application/octet-stream");
    request.upload.onprogress = (step) => { upload.loaded = step.loaded; if (upload.parts) refresh(upload); };
    request.onload = () => {
      let answer = {};
      try { answer = JSON.parse(request.responseText); } catch { /* no answer of ours */ }
      if (!answer.id) { fail(upload, answer.text || texts.broken); return; }
      upload.state = "done";
      drop(upload);
      next();
      try { upload.emit(answer.id, answer.name || upload.name); } catch { /* the view was left: the list follows by itself */ }
    };
    request.onerror = async () => fail(upload, (await readable(upload.file)) ? texts.broken : texts.unreadable);
    request.send(upload.file);
  };

  const add = (name, file, options, emit, why) => {
    const upload = {
      id: ++number, name, file, emit, address: options.address, label: options.label, loaded: 0,
      total: file ? file.size : 0, state: why ? "failed" : "waiting", why: why || "", parts: null,
    };
    uploads.push(upload);
  };
  const dropped = (transfer) => {
    const files = [], folders = [];
    for (const item of [...(transfer.items || [])]) {
      if (item.kind !== "file") continue;
      const entry = item.webkitGetAsEntry ? item.webkitGetAsEntry() : null;
      const file = item.getAsFile();
      if (entry && entry.isDirectory) folders.push(entry.name);
      else if (file) files.push(file);
    }
    return { files: files.length || folders.length ? files : [...transfer.files], folders };
  };
  const two = (value) => String(value).padStart(2, "0");
  /* A camera and a clipboard call every picture the same. */
  const renamed = (file, prefix, at) => {
    const now = new Date();
    const day = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join("-");
    const time = [two(now.getHours()), two(now.getMinutes()), two(now.getSeconds())].join(".");
    const suffix = /\.\w{2,5}$/.exec(file.name || "");
    const name = `${prefix} ${day} ${time}${at ? " (" + (at + 1) + ")" : ""}${suffix ? suffix[0] : "." + (file.type.split("/")[1] || "png")}`;
    return new File([file], name, { type: file.type });
  };
  const give = (input, files) => {
    const data = new DataTransfer();
    files.forEach((file) => data.items.add(file));
    input.files = data.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };

  window.fbUploads = {
    /* Takes the files of a "change" or "drop" event. `emit(id, name)` for each that arrived. */
    take(event, options, emit) {
      const drops = event.type === "drop";
      event.preventDefault();
      texts = options.texts;
      const found = drops ? dropped(event.dataTransfer) : { files: [...event.target.files], folders: [] };
      const prefix = drops ? "" : event.target.dataset.named || "";
      found.folders.forEach((name) => add(name, null, options, emit, texts.folder));
      found.files.slice(0, MOST).forEach((given, at) => {
        const file = prefix ? renamed(given, prefix, at) : given;
        add(file.name, file, options, emit, file.size > options.most ? texts.too_large : "");
      });
      if (found.files.length > MOST) add(found.files[MOST].name, null, options, emit, texts.too_many);
      if (!drops) event.target.value = "";
      next();
    },
    /* The view was drawn: what is on its way stands there again. */
    show,
  };

  /* The browser's own dialog opens only straight from a click, so this needs no way over the server. */
  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest("[data-act=choose], [data-act=camera]");
    const input = button && !button.disabled && document.getElementById("fb-" + button.dataset.act);
    if (!input) return;
    event.stopImmediatePropagation();
    input.click();
  }, true);
  document.addEventListener("paste", (event) => {
    const input = document.getElementById("fb-choose");
    const typing = event.target.closest && event.target.closest("input, textarea, [contenteditable], [role=dialog]");
    const files = event.clipboardData ? [...event.clipboardData.files].filter((file) => file.type.startsWith("image/")) : [];
    if (!input || typing || !files.length) return;
    event.preventDefault();
    give(input, files.map((file, at) => renamed(file, input.dataset.pasted, at)));
  });
  /* Where no small picture can be made, the icon below it shows. */
  document.addEventListener("error", (event) => {
    if (event.target.closest && event.target.closest(".fb-thumb")) event.target.remove();
  }, true);
  /* A file that misses the area would be opened in place of the app. */
  const holdsFiles = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
  const over = (area) => document.querySelectorAll(".fb-drop-over").forEach((one) => one !== area && one.classList.remove("fb-drop-over"));
  document.addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    const area = event.target.closest && event.target.closest(".fb-drop[data-takes]");
    over(area);
    if (area) area.classList.add("fb-drop-over");
    else event.dataTransfer.dropEffect = "none";
  });
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) over(null); });
  document.addEventListener("drop", (event) => { over(null); if (holdsFiles(event)) event.preventDefault(); });
  window.addEventListener("beforeunload", (event) => {
    if (uploads.some((upload) => upload.state === "sending" || upload.state === "waiting")) { event.preventDefault(); event.returnValue = ""; }
  });
})();
