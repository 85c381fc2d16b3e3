/* What a person would see of a page that does not fit: text that is cut or lies on other text, targets that are too small.
   Put into a page by tests/support/fit.py; each function gives one sentence for each finding. */
(() => {
  "use strict";
  const SLACK = 1.5;
  const CONTROLS = "a[href], button, summary, input, textarea, select, [role=button], [role=combobox], [role=checkbox]";
  const name = (el) => `<${el.tagName.toLowerCase()} class="${el.getAttribute("class") || ""}"> ${JSON.stringify((el.innerText || el.getAttribute("aria-label") || el.id || "").trim().slice(0, 60))}`;
  const px = (number) => Math.round(number * 10) / 10;

  /* Seen at all: drawn, in no closed part, not hidden for the eye alone. */
  const seen = (el) => {
    if (!el.checkVisibility({ contentVisibilityAuto: true, opacityProperty: true, visibilityProperty: true })) return false;
    for (let at = el; at; at = at.parentElement) if (getComputedStyle(at).clipPath !== "none") return false;
    return el.getClientRects().length > 0;
  };

  /* Every piece of visible text: its element and its box. */
  const texts = () => {
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = walker.currentNode;
      const el = node.parentElement;
      if (!node.data.trim() || el.closest("script, style, svg, select.hidden, .q-icon") || !seen(el)) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const rects = [...range.getClientRects()].filter((rect) => rect.width > 1 && rect.height > 1);
      if (rects.length) found.push({ el, rects });
    }
    return found;
  };

  const scrolls = (style) => /auto|scroll/.test(style.overflowX);

  /* Text that an edge takes away without saying so by an ellipsis, and text that sticks out of its button. */
  const cut = () => {
    const found = new Set();
    for (const { el, rects } of texts()) {
      const left = Math.min(...rects.map((rect) => rect.left));
      const right = Math.max(...rects.map((rect) => rect.right));
      let free = true;
      for (let at = el; at && at !== document.documentElement; at = at.parentElement) {
        const style = getComputedStyle(at);
        if (style.textOverflow === "ellipsis" && style.overflowX !== "visible") { free = false; break; }
        if (scrolls(style)) { free = false; break; }
        const box = at.getBoundingClientRect();
        const edge = at.matches("button, .fb-btn, .fb-chip, .fb-seg, .fb-nav, .fb-card, .fb-dialog-card, .fb-float, .fb-notice");
        if ((edge || /hidden|clip/.test(style.overflowX)) && style.display !== "inline" && (left < box.left - SLACK || right > box.right + SLACK))
          found.add(`${name(el)} leaves ${name(at).split(">")[0]}> by ${px(Math.max(box.left - left, right - box.right))}`);
        if (style.position === "fixed") break;
      }
      if (free && (left < -SLACK || right > innerWidth + SLACK)) found.add(`${name(el)} leaves the window`);
    }
    return [...found];
  };

  const layer = (el) => el.closest(".fb-head, .fb-rail, .fb-float, .fb-toasts, .q-dialog, dialog[open], .q-menu, .fb-skip") || document.body;

  /* What is left of a box where ancestors cut it off, by an ellipsis say. */
  const within = (el, rect) => {
    let { left, right, top, bottom } = rect;
    for (let at = el; at && at !== document.body; at = at.parentElement) {
      if (getComputedStyle(at).overflowX === "visible") continue;
      const box = at.getBoundingClientRect();
      [left, right] = [Math.max(left, box.left), Math.min(right, box.right)];
    }
    return { left, right, top, bottom };
  };

  /* Text on other text, within one layer: what floats above the page is meant to. */
  const overlaps = () => {
    const found = new Set();
    const all = texts().flatMap(({ el, rects }) => rects.map((rect) => ({ el, rect: within(el, rect), on: layer(el) })));
    all.sort((one, other) => one.rect.top - other.rect.top);
    for (let i = 0; i < all.length; i += 1) {
      for (let j = i + 1; j < all.length && all[j].rect.top < all[i].rect.bottom - 3; j += 1) {
        const [one, other] = [all[i], all[j]];
        if (one.el === other.el || one.on !== other.on) continue;
        const wide = Math.min(one.rect.right, other.rect.right) - Math.max(one.rect.left, other.rect.left);
        const high = Math.min(one.rect.bottom, other.rect.bottom) - one.rect.top - (other.rect.top - one.rect.top);
        if (wide > 2 && high > 4) found.add(`${name(one.el)} lies on ${name(other.el)}`);
      }
    }
    return [...found];
  };

  /* A link in a sentence is as high as its line. */
  const inSentence = (el) => getComputedStyle(el).display.startsWith("inline") && el.matches("a:not(.fb-btn):not(.fb-chip)")
    && [...el.parentElement.childNodes].some((node) => node.nodeType === 3 && node.data.trim().length > 1);

  const hit = (x, y, el, whole) => {
    const at = document.elementFromPoint(x, y);
    return at && (el.contains(at) || whole.contains(at) || (at.closest("label") && at.closest("label").htmlFor === el.id && el.id));
  };
  const reach = (x, y, dx, dy, el, whole, least) => {
    let steps = 0;
    while (steps < least && hit(x + dx * (steps + 1), y + dy * (steps + 1), el, whole)) steps += 1;
    return steps;
  };

  /* Controls that a finger reaches over less than `least` pixels, across or down, through their middle. */
  const small = (least) => {
    const found = new Set();
    const modal = document.querySelector(".q-dialog .fb-dialog-card");
    for (const el of (modal || document).querySelectorAll(CONTROLS)) {
      if (!seen(el) || inSentence(el) || el.closest("[aria-hidden=true]") || el.matches(".fb-skip, [type=hidden], [type=file]")) continue;
      const row = el.matches(".fb-row-link") && el.closest(".fb-row").querySelector(".fb-avatar, .fb-tile");  /* it covers the row */
      const whole = row || el.closest(".q-field__control, .q-checkbox, .fb-check") || el;
      if (el.closest(".fb-tabs-in, .fb-segs, .fb-toggles, .fb-listtop")) el.scrollIntoView({ inline: "center", block: "nearest", behavior: "instant" });
      const box = whole.getBoundingClientRect();
      if (box.right <= 0 || box.left >= innerWidth) continue;  /* further along in a bar that scrolls sideways */
      const [x, y] = [Math.min(Math.max(box.left + box.width / 2, 1), innerWidth - 1), box.top + box.height / 2];
      if (!hit(x, y, el, whole)) continue;  /* under something that floats, or the corner of a bar */
      const across = 1 + reach(x, y, -1, 0, el, whole, least) + reach(x, y, 1, 0, el, whole, least);
      const down = 1 + reach(x, y, 0, -1, el, whole, least) + reach(x, y, 0, 1, el, whole, least);
      if (across < least - 1 || down < least - 1) found.add(`${name(el)} is ${across} x ${down}`);
    }
    return [...found];
  };

  const sideways = () => {
    const over = document.documentElement.scrollWidth - innerWidth;
    if (over <= 0) return [];
    const wide = [...document.querySelectorAll("body *")].filter((el) => el.getBoundingClientRect().right > innerWidth + 1 && seen(el));
    return [`the page scrolls sideways by ${over}: ${wide.slice(-3).map(name).join(", ")}`];
  };

  window.fit = { cut, overlaps, small, sideways };
})();
