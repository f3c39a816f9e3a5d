"use strict";
// Builds elements. Text is always a text node, so no name is read as markup.
const Dom = (() => {
  // Control characters and those that change the direction of text are shown as escapes.
  const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
  const shown = (text) => String(text).replace(UNSEEN, (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));

  function fill(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name === "on") for (const [event, act] of Object.entries(value)) element.addEventListener(event, act);
      else if (name === "css") Object.assign(element.style, value);
      else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : shown(value));
    }
    for (const child of children.flat(Infinity)) {
      if (child !== null && child !== undefined && child !== false) {
        element.append(child instanceof Node ? child : document.createTextNode(shown(child)));
      }
    }
    return element;
  }
  const el = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
  const svg = (tag, attributes, ...children) => fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
  const name = (text) => el("bdi", { class: "name", title: text }, text);

  const formats = [0, 2].map((digits) => new Intl.NumberFormat("en-US", { maximumFractionDigits: digits }));
  const cents = [2, 4].map((digits) => new Intl.NumberFormat("en-US", { style: "currency", currency: "USD", minimumFractionDigits: 2, maximumFractionDigits: digits }));
  const number = (value) => (value === null || value === undefined ? "?" : formats[1].format(value));
  const whole = (value) => (value === null || value === undefined ? "?" : formats[0].format(value));
  const money = (cost) => {
    if (!cost || cost.cost_per_hour === null || cost.cost_per_hour === undefined) return "?";
    const mark = cost.cost_at_least ? "≥ " : cost.cost_approximate ? "~" : "";
    return mark + (cost.cost_per_hour !== 0 && cost.cost_per_hour < 0.1 ? cents[1] : cents[0]).format(cost.cost_per_hour);
  };
  // 2026-10-01T12:00:31Z as 2026-10-01 12:00:31; all times on the page are UTC, as in logs.
  const time = (iso) => (iso ? iso.replace("T", " ").replace("Z", "") : "–");
  const lasted = (ms) => {
    if (ms === null || ms === undefined) return "–";
    const s = Math.round(ms / 1000);
    if (s < 120) return `${s} s`;
    return s < 7200 ? `${Math.round(s / 60)} min` : `${Math.round(s / 360) / 10} h`;
  };
  // Runs `draw`, and puts the focus back to the element with the same id: whoever types or uses the keyboard alone stays where they are.
  function keepingFocus(draw) {
    const before = document.activeElement, id = before && before.id, at = before && before.type !== "select-one" && "selectionStart" in before ? before.selectionStart : null;
    draw();
    const after = id && document.getElementById(id);
    if (!after || after === before) return;
    after.focus({ preventScroll: true });
    if (at !== null && after.setSelectionRange) after.setSelectionRange(at, at);
  }
  return { el, svg, name, number, whole, money, time, lasted, shown, keepingFocus };
})();
