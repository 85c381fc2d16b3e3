/* What a page does by itself: guard of unsaved edits, focus, scroll, keys, copying, activity. Called by ui/*.py as fb.*.
   It changes no data; everything that does goes to the server as an event. */
(() => {
  "use strict";
  const ACTIVE_MS = 15000;
  const SEQUENCE_MS = 1500;
  let edits = 0;
  let home = "";
  let texts = {};
  let popped = false;
  let lastFocus = "";
  let lastActive = 0;
  let dark = false;
  let turning = false;  /* a page was turned by key: its first row gets the focus */
  let keys = {};
  let begun = "";
  let begunAt = 0;
  let wanted = false;
  const places = new Map();

  const here = () => location.pathname + location.search;
  const keyOf = (el) => {
    if (el.id) return "#" + CSS.escape(el.id);
    if (el.tagName === "H1") return "h1";
    for (const name of ["data-act", "href"]) {
      const value = el.getAttribute(name);
      if (value === null) continue;
      const arg = el.getAttribute("data-arg");
      return `[${name}="${CSS.escape(value)}"]` + (arg === null ? "" : `[data-arg="${CSS.escape(arg)}"]`);
    }
    return "";
  };

  const ask = (go) => {
    const dialog = document.createElement("dialog");
    dialog.className = "fb-ask";
    dialog.setAttribute("aria-labelledby", "fb-ask-t");
    const part = (tag, text, cls) => {
      const el = document.createElement(tag);
      el.textContent = text;
      if (cls) el.className = cls;
      return el;
    };
    const title = part("h2", texts.title || "");
    title.id = "fb-ask-t";
    const stay = part("button", texts.stay || "", "fb-btn fb-btn-primary");
    const leave = part("button", texts.leave || "", "fb-btn");
    const row = part("div", "", "fb-dialog-acts");
    row.append(leave, stay);
    dialog.append(title, part("p", texts.text || ""), row);
    const close = () => { dialog.close(); dialog.remove(); };
    stay.onclick = close;
    dialog.oncancel = () => dialog.remove();
    leave.onclick = () => { close(); fb.clean(); go(); };
    document.body.append(dialog);
    dialog.showModal();
    stay.focus();
  };

  /* NiceGUI's own listener turns links into views; this one runs before it. */
  document.addEventListener("click", (event) => {
    if (!edits || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target.closest && event.target.closest("a[href]");
    if (!link || link.target === "_blank" || link.hasAttribute("download")) return;
    const href = link.getAttribute("href");
    if (!href.startsWith("/") || (home && (href === home || href.startsWith(home + "/") || href.startsWith(home + "?")))) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    ask(() => link.click());
  }, true);
  window.addEventListener("beforeunload", (event) => {
    if (edits) { event.preventDefault(); event.returnValue = ""; }
  });

  /* A view that was left by a link is found again where it was when one comes back. */
  window.addEventListener("popstate", () => { popped = true; }, true);
  window.addEventListener("resize", () => fb.tab());
  window.addEventListener("scroll", () => places.set(here(), window.scrollY), { passive: true });

  /* The keys come from ui/keyboard.py. Those without Ctrl never act while somebody types or a dialog is open. */
  document.addEventListener("keydown", (event) => {
    if (event.target.id === "fb-palette-field" && inPalette(event)) return;
    const typing = event.target.closest && event.target.closest("input, textarea, select, [contenteditable], [role=combobox]");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") { arrows(event, typing); return; }
    if (["PageDown", "PageUp", "Home", "End", "Enter"].includes(event.key) && !event.ctrlKey && !event.metaKey) { leaps(event, typing); return; }
    if (!event.key) return;  /* a browser that fills a field in */
    const held = event.ctrlKey || event.metaKey;
    if (["Control", "Meta", "Shift", "Alt"].includes(event.key)) return;
    const key = (held ? "ctrl+" : "") + event.key.toLowerCase();
    if (!held && (typing || event.altKey || document.querySelector("dialog[open], .q-dialog"))) { begun = ""; return; }
    const after = Date.now() - begunAt < SEQUENCE_MS ? begun : "";
    const found = keys[after ? after + " " + key : key] || keys[key];
    begun = key; begunAt = Date.now();
    if (found && does[found[0]](found[1], event) !== false) { event.preventDefault(); begun = ""; }
  });
  const put = (id) => {
    const el = document.getElementById(id);
    if (el) { el.scrollIntoView({ block: "center" }); el.focus(); }
  };
  const seen = (selector, inside) => [...(inside || document).querySelectorAll(selector)].find((el) => el.getClientRects().length && !el.disabled);
  const does = {
    palette() { fb.palette(); },
    help() { if (typeof emitEvent === "function") emitEvent("fb_help"); },
    search() {
      const search = document.querySelector("[data-search] input, input[data-search]");
      if (search) { search.focus(); search.select(); } else does.go("/customers");
    },
    go(href) { const link = document.querySelector(`a.fb-nav[href="${href}"]`); if (link) link.click(); },
    tab(place) { const tab = document.querySelectorAll(".fb-tabs-in a")[Number(place)]; if (tab) tab.click(); },
    press(selector) {
      const view = document.getElementById("fb-view");
      for (const one of selector.split(", ")) { const el = seen(one, view); if (el) { el.click(); return; } }
    },
    /* Ctrl+Enter is for forms: in a sheet it stays a line break's. */
    save(_, event) {
      const dialog = document.querySelector(".q-dialog [data-save]");
      const save = dialog || (event.key === "Enter" ? null : seen("[data-save]"));
      if (!save) return event.key !== "Enter";
      if (document.activeElement) document.activeElement.blur();
      setTimeout(() => save.click(), 200);  /* after the inputs' own 150 ms */
    },
  };

  /* The palette: the focus stays in its field, the marked option is told by aria-activedescendant. */
  const options = () => [...document.querySelectorAll("#fb-palette-list [role=option]:not([aria-disabled])")];
  const mark = (place) => {
    const field = document.getElementById("fb-palette-field"), all = options();
    all.forEach((el, at) => el.setAttribute("aria-selected", at === place));
    const one = all[place];
    if (one) { field.setAttribute("aria-activedescendant", one.id); one.scrollIntoView({ block: "nearest" }); }
    else field.removeAttribute("aria-activedescendant");
  };
  const marked = () => options().findIndex((el) => el.getAttribute("aria-selected") === "true");
  const take = () => {
    const field = document.getElementById("fb-palette-field"), list = document.getElementById("fb-palette-list");
    wanted = (list.dataset.for || "") !== field.value.trim();  /* the answer to the last key is on its way */
    const one = options()[marked()];
    if (!wanted && one) one.click();
  };
  const inPalette = (event) => {
    const all = options(), at = marked();
    switch (event.key) {
      case "ArrowDown": mark(all.length ? (at + 1) % all.length : -1); break;
      case "ArrowUp": mark(all.length ? (at - 1 + all.length) % all.length : -1); break;
      case "Enter": take(); break;
      default: return false;
    }
    event.preventDefault();
    return true;
  };
  document.addEventListener("click", (event) => {
    const on = event.target.closest ? event.target : null;
    if (!on) return;
    if (on.closest('[data-act="palette"]')) fb.palette();
    else if (on.closest('[data-act="help"]')) does.help();
    else if (on.matches("dialog.fb-palette, dialog.fb-help") || on.closest('[data-act="close-dialog"], .fb-palette [role=option]:not([aria-disabled])')) on.closest("dialog").close();
  });

  /* An input tells the program a moment after the last key what was typed. Escape closes its dialog before that moment. */
  document.addEventListener("keydown", (event) => {
    const field = event.target;
    if (event.key === "Escape" && field.closest && field.closest(".q-dialog") && field.matches("input, textarea"))
      field.dispatchEvent(new Event("change", { bubbles: true }));
  }, true);

  /* A dialog keeps Tab for itself: from its last stop to its first and back. A menu over it keeps its own keys. */
  document.addEventListener("keydown", (event) => {
    const card = [...document.querySelectorAll(".q-dialog .fb-dialog-card")].pop();
    if (event.key !== "Tab" || !card || document.querySelector(".q-menu")) return;
    const stops = [...card.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")]
      .filter((el) => el.tabIndex >= 0 && !el.disabled && el.checkVisibility());
    if (!stops.length) return;
    const [first, last] = [stops[0], stops[stops.length - 1]];
    const outside = !card.contains(document.activeElement);
    if (!outside && document.activeElement !== (event.shiftKey ? first : last)) return;
    event.preventDefault();
    (event.shiftKey ? last : first).focus();
  });

  const arrows = (event, typing) => {
    const rows = [...document.querySelectorAll("[data-arrows] a")];
    if (!rows.length) return;
    const at = rows.indexOf(document.activeElement);
    const inSearch = typing && typing.closest("[data-search]");
    if (at < 0 && !inSearch) return;
    event.preventDefault();
    const next = event.key === "ArrowDown" ? at + 1 : at - 1;
    if (next < 0) { const search = document.querySelector("[data-search] input, input[data-search]"); if (search) search.focus(); }
    else if (rows[next]) rows[next].focus();
  };

  /* In a list: the next and the previous page, its first and last row, and from the search to its first hit. */
  const leaps = (event, typing) => {
    const list = document.querySelector("[data-arrows]");
    const inSearch = typing && typing.closest("[data-search]");
    if (!list || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    const rows = [...list.querySelectorAll("a")];
    const onRow = rows.includes(document.activeElement);
    if (event.key === "Enter") {
      if (inSearch && rows.length) { event.preventDefault(); rows[0].focus(); }
    } else if (event.key.startsWith("Page") && (inSearch || onRow)) {
      const turn = [...list.querySelectorAll("[data-act=page]")].at(event.key === "PageDown" ? -1 : 0);
      event.preventDefault();
      if (turn && !turn.disabled) { turning = true; turn.click(); }
    } else if (onRow) {
      event.preventDefault();
      rows.at(event.key === "End" ? -1 : 0).focus();
    }
  };

  /* Copying needs no server. The button says so afterwards in the live region. */
  document.addEventListener("click", async (event) => {
    const button = event.target.closest && event.target.closest("[data-copy]");
    if (!button) return;
    try { await navigator.clipboard.writeText(button.dataset.copy); fb.say(texts.copied || ""); }
    catch { fb.say(button.dataset.copy); }
  });

  /* Refreshed markup keeps the focus, and what the office changed lights up once. */
  document.addEventListener("focusin", (event) => {
    /* a bar that scrolls sideways shows all of what has the focus: browsers are content with a part */
    if (event.target.closest(".fb-tabs-in, .fb-segs, .fb-toggles")) event.target.scrollIntoView({ block: "nearest", inline: "nearest" });
    if (event.target.closest(".q-dialog, .q-menu")) return;  /* what opened it gets the focus back */
    lastFocus = event.target.closest(".fb-live") ? keyOf(event.target) : "";
  });
  const refocus = () => {
    if (!lastFocus || document.activeElement !== document.body || document.querySelector(".q-dialog")) return;
    const again = [...document.querySelectorAll(lastFocus)].find((el) => el.closest(".fb-live"));
    if (again && again.tagName === "H1") again.setAttribute("tabindex", "-1");
    if (again) again.focus({ preventScroll: true });
  };
  const known = new WeakMap();
  const remember = (el) => {
    const values = new Map();
    el.querySelectorAll("[data-f]").forEach((field) => values.set(field.dataset.f, field.textContent));
    known.set(el, values);
  };
  new MutationObserver((records) => {
    const seen = new Set();
    for (const record of records) {
      const live = record.target.nodeType === 1 && record.target.classList.contains("fb-live") ? record.target : null;
      if (live) seen.add(live);
      if (record.target === document.body && record.removedNodes.length) requestAnimationFrame(refocus);  /* a dialog went */
    }
    for (const live of seen) {
      const before = known.get(live);
      if (before && live.dataset.flash === "sync") {
        live.querySelectorAll("[data-f]").forEach((field) => {
          const was = before.get(field.dataset.f);
          if (was !== undefined && was !== field.textContent) field.classList.add("fb-flash");
        });
      }
      remember(live);
      if (live.id === "fb-palette-list") { mark(options().length ? 0 : -1); if (wanted) take(); }
      if (turning && live.querySelector("[data-arrows] a")) {
        turning = false;
        live.querySelector("[data-arrows] a").focus({ preventScroll: true });
      } else refocus();
    }
  }).observe(document.documentElement, { childList: true, subtree: true });

  /* Quasar leaves a select's attributes on a box around it; they belong on what has the focus. */
  const SAID = ["aria-describedby", "aria-required", "aria-invalid"];
  const tie = (box) => {
    const target = box.querySelector("[role=combobox]");
    if (!target) return;
    for (const name of SAID) {
      if (!box.hasAttribute(name)) continue;
      target.setAttribute(name, box.getAttribute(name));
      box.removeAttribute(name);
    }
  };
  const BOXES = ".q-select div.q-field__native";
  new MutationObserver((records) => {
    for (const record of records) {
      if (record.type === "attributes") { if (record.target.matches(BOXES)) tie(record.target); continue; }
      for (const node of record.addedNodes) if (node.nodeType === 1) node.querySelectorAll(BOXES).forEach(tie);
    }
  }).observe(document.documentElement, { childList: true, subtree: true, attributes: true, attributeFilter: SAID });

  const active = () => {
    const now = Date.now();
    if (now - lastActive < ACTIVE_MS || typeof emitEvent !== "function") return;
    lastActive = now;
    try { emitEvent("fb_active"); } catch { lastActive = 0; }
  };
  ["pointerdown", "keydown", "wheel", "touchstart"].forEach((name) => document.addEventListener(name, active, { passive: true }));

  /* Paper is light, whatever the screen is. */
  window.addEventListener("beforeprint", () => { dark = document.body.classList.contains("body--dark"); document.body.classList.remove("body--dark"); });
  window.addEventListener("afterprint", () => document.body.classList.toggle("body--dark", dark));

  window.fb = {
    /* Says how many edits are unsaved and which addresses belong to the sheet being edited. */
    dirty(count, sheet) { edits = count; home = sheet || ""; },
    clean() { edits = 0; },
    texts(given) { texts = given; },
    /* Fetches scripts that the first edit will want, once the page has nothing better to do. */
    ahead(scripts) {
      const fetch = () => scripts.forEach((script) => import(script).catch(() => {}));
      if (window.requestIdleCallback) requestIdleCallback(fetch, { timeout: 2000 });
      else setTimeout(fetch, 500);
    },
    keys(given) { keys = given; document.documentElement.dataset.keys = ""; },  /* the attribute: they are heard from here on */
    show(id) { const dialog = document.getElementById(id); if (dialog && !dialog.open) dialog.showModal(); },
    palette() {
      const field = document.getElementById("fb-palette-field");
      if (!field || document.querySelector("dialog[open], .q-dialog")) return;
      field.value = "";
      wanted = false;
      fb.show("fb-palette");
      field.focus();
      if (typeof emitEvent === "function") emitEvent("fb_palette");
    },
    /* After a change of view: the heading gets the focus, and a view that one came back to its scroll position. */
    arrived() {
      const back = popped;
      popped = false;
      const top = back ? places.get(here()) || 0 : 0;
      requestAnimationFrame(() => requestAnimationFrame(() => {
        const heading = document.querySelector("h1");
        const typing = document.activeElement && document.activeElement.closest("#fb-view input, #fb-view textarea");
        if (heading && !typing) { heading.setAttribute("tabindex", "-1"); heading.focus({ preventScroll: true }); }
        if (back) window.scrollTo(0, top);
      }));
    },
    tab() {
      requestAnimationFrame(() => {
        const bar = document.querySelector(".fb-tabs-in");
        const tab = bar && bar.querySelector("[aria-current]");
        if (tab) bar.scrollTo({ left: tab.offsetLeft - (bar.clientWidth - tab.clientWidth) / 2 });
      });
    },
    /* What had the focus is gone: the heading gets it. */
    heading() { requestAnimationFrame(() => { const h1 = document.querySelector("h1"); if (h1) { h1.setAttribute("tabindex", "-1"); h1.focus({ preventScroll: true }); } }); },
    focus(id) { requestAnimationFrame(() => put(id)); },
    /* Puts the focus where typing is likely to begin, unless somebody was quicker and types elsewhere already. */
    begin(id) {
      requestAnimationFrame(() => document.activeElement?.matches("input:not([type=checkbox]), textarea, [role=combobox]") || put(id));
    },
    say(text) {
      const region = document.getElementById("fb-say");
      if (region) { region.textContent = ""; setTimeout(() => { region.textContent = text; }, 50); }
    },
  };
})();
