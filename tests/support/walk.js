/* Where the keyboard's focus stands: what it is, where, whether a ring shows it and whether something covers it. Put into a
   page by tests/support/walk.py. */
(() => {
  "use strict";
  const RING = 2;
  const ringed = (el) => {
    const style = getComputedStyle(el);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= RING;
  };
  /* A field shows its focus by its frame, a row with one link by a ring around the row. */
  const shown = (el) => {
    const field = el.closest(".q-field--highlighted .q-field__control");
    if (field && parseFloat(getComputedStyle(field, "::after").borderTopWidth) >= RING) return true;
    for (let at = el; at && at !== document.body; at = at.parentElement) if (ringed(at)) return true;
    return Boolean(el.closest(".q-checkbox, .q-toggle"));  /* Quasar's own halo, seen in the pictures */
  };
  const covered = (el) => {
    const whole = el.closest(".q-field__control, .q-checkbox") || el;
    const box = whole.getBoundingClientRect();
    const inset = Math.min(4, box.width / 3, box.height / 3);
    const [x, y] = [Math.min(Math.max(box.left + box.width / 2, 1), innerWidth - 1), [box.top + inset, box.bottom - inset]];
    return y.some((one) => {
      const at = document.elementFromPoint(x, Math.min(Math.max(one, 0), innerHeight - 1));
      return at && Boolean(at.closest(".fb-head, .fb-rail, .fb-float, .fb-toasts")) && !at.closest(".fb-head, .fb-rail, .fb-float, .fb-toasts").contains(el);
    });
  };
  let before = null;
  const been = new WeakSet();
  /* Where the focus stands; nothing outside the page, and nothing where it has been: a dialog goes round. */
  window.walked = () => {
    const el = document.activeElement;
    if (!el || el === document.body || el.tabIndex < 0 || (el !== before && been.has(el))) return null;
    before = el;
    been.add(el);
    const box = el.getBoundingClientRect();
    const part = el.closest(".fb-rail, .fb-head, .fb-float, .q-dialog, .q-menu, section, .fb-side, .fb-tools, .fb-live");
    const parts = window.walkedParts || (window.walkedParts = new Map());
    if (!parts.has(part)) parts.set(part, parts.size);
    let down = scrollY;
    for (let at = el.parentElement; at; at = at.parentElement) if (at !== document.documentElement) down += at.scrollTop;
    return {
      name: `<${el.tagName.toLowerCase()} class="${el.getAttribute("class") || ""}"> ${(el.getAttribute("aria-label") || el.innerText || el.id || "").trim().replace(/\s+/g, " ").slice(0, 50)}`,
      part: parts.get(part), top: Math.round(box.top + down), left: Math.round(box.left), height: Math.round(box.height),
      shown: shown(el), covered: covered(el),
    };
  };
  /* From the top of the page; a dialog of the browser's own begins with its first stop. */
  window.begin = () => {
    const first = document.querySelector("dialog[open] :is(input, button, a[href])");
    if (first) { first.focus({ focusVisible: true }); return window.walked(); }
    if (document.querySelector(".q-dialog")) {
      document.activeElement.blur();  /* the next stop is the one after it: a dialog keeps the focus inside */
    } else {
      document.body.tabIndex = -1;  /* what had the focus may be gone, and the walk would begin where it was */
      document.body.focus({ preventScroll: true });
      document.body.removeAttribute("tabindex");
    }
    scrollTo(0, 0);
    return null;
  };
})();
