"use strict";
// Long tables: sorted by a click on a title, filtered, and folded after some rows. The choice is kept in the address. Rows that are folded are
// made when they are needed first: hundreds of them take longer than all else on the page.
const Sorting = (() => {
  const { el, whole } = Dom;
  const FEW = 10, FEW_NARROW = 5, FEW_URGENT = 3; // rows: at a glance, as blocks on a phone, and of what stands above the chart
  const phone = window.matchMedia("(max-width: 760px)"), paper = window.matchMedia("print");
  const few = (isUrgent) => (isUrgent ? FEW_URGENT : phone.matches ? FEW_NARROW : FEW);
  const waiting = new Map(); // tables whose rows are not all made, with what makes them
  function makeAll() { for (const [table, make] of waiting) { if (table.isConnected) make(); waiting.delete(table); } }
  window.addEventListener("beforeprint", makeAll);
  paper.addEventListener("change", makeAll);
  // Numbers are compared as numbers, whatever stands around them: "≥ 1,234.5 vCPU"; what is not known stands last.
  const valueOf = (cell, isNumber) => {
    const text = cell ? cell.textContent.trim() : "";
    if (!isNumber) return text.toLowerCase();
    const found = text.replace(/,/g, "").match(/-?\d+(\.\d+)?/);
    return found ? Number(found[0]) : null;
  };

  // The body of a table from functions that make its rows.
  function body(makers) {
    const made = el("tbody", {}, makers.slice(0, FEW).map((make) => make()));
    made.makers = makers.slice(FEW);
    return made;
  }

  // Every table of a card; the first has its field in the card's title.
  const attach = (section, id, isUrgent) => section.querySelectorAll("table").forEach((table, n) => one(section, table, n ? `${id}-${n}` : id, n === 0, few(isUrgent)));

  function one(section, table, id, isFirst, most) {
    const body = table.tBodies[0], makers = body.makers, rows = [...body.rows], total = rows.length + makers.length;
    if (total < 2) return;
    const titles = [...table.tHead.rows[0].cells];
    const find = el("input", { type: "search", id: `${id}-find`, class: "find", placeholder: "Filter", "aria-label": `Filter: ${section.querySelector("h2").textContent}` });
    const more = el("button", { type: "button", id: `${id}-more`, class: "more" }), count = el("span", { class: "small soft", role: "status" });
    const makeRows = () => { while (makers.length) rows.push(makers.shift()()); };

    function draw() {
      const get = (what) => Address.get(`${id}.${what}`), sort = get("sort"), down = get("down") === "1", needle = (get("find") || "").toLowerCase(), isOpen = get("all") === "1";
      const column = sort === null ? -1 : Number(sort), isNumber = column >= 0 && titles[column] && titles[column].classList.contains("num");
      if (column >= 0 || needle || isOpen) makeRows();
      const keyed = rows.map((row, i) => [column < 0 ? i : valueOf(row.cells[column], isNumber), i, row]);
      keyed.sort(([a, i], [b, j]) => (a === b ? i - j : a === null ? 1 : b === null ? -1 : (a < b ? -1 : 1) * (down ? -1 : 1)));
      titles.forEach((title, i) => title.setAttribute("aria-sort", i !== column ? "none" : down ? "descending" : "ascending"));
      let matching = makers.length;
      let shown = 0;
      body.append(...keyed.map(([, , row]) => {
        const matches = !needle || row.textContent.toLowerCase().includes(needle), isShown = matches && (isOpen || shown < most);
        row.className = isShown ? "" : "folded";
        matching += matches;
        shown += isShown;
        return row;
      }));
      if (find.value.toLowerCase() !== needle) find.value = get("find") || "";
      more.hidden = matching <= most;
      more.setAttribute("aria-expanded", String(isOpen));
      more.textContent = isOpen ? `Show ${most}` : `Show all ${whole(matching)}`;
      count.textContent = needle ? `${whole(matching)} of ${whole(total)}` : "";
    }

    titles.forEach((title, i) => {
      const button = el("button", { type: "button", id: `${id}-title-${i}` }, title.textContent);
      button.addEventListener("click", () => {
        const same = Address.get(`${id}.sort`) === String(i), wasDown = Address.get(`${id}.down`) === "1";
        // Numbers begin with the largest, names with the first; a third click returns to the page's own order.
        const begins = title.classList.contains("num"), ends = same && wasDown !== begins;
        Address.keep({ [`${id}.sort`]: ends ? null : String(i), [`${id}.down`]: !ends && (same ? !wasDown : begins) ? "1" : null });
        draw();
      });
      title.replaceChildren(button);
    });
    if (total > most) {
      find.addEventListener("input", () => { Address.keep({ [`${id}.find`]: find.value }); draw(); });
      more.addEventListener("click", () => { Address.keep({ [`${id}.all`]: Address.get(`${id}.all`) === "1" ? null : "1" }); draw(); });
      const tools = el("span", { class: "tools" }, count, find);
      if (isFirst && !table.closest("details")) section.querySelector("header").append(tools); else table.parentElement.before(tools);
      table.parentElement.after(more);
    }
    draw();
    if (makers.length) waiting.set(table, () => { makeRows(); draw(); });
  }
  // A live page replaces its tables; those that are gone are forgotten.
  function forget() { for (const table of waiting.keys()) if (!table.isConnected) waiting.delete(table); }

  return { attach, body, forget };
})();
