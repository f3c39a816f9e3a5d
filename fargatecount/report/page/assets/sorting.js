"use strict";
// Long tables: sorted by a click on a title, filtered, and folded after ten rows. The choice is kept in the address, so that a link or a reload shows
// the same, and a live page keeps it when its tables are drawn again.
const Sorting = (() => {
  const { el, whole } = Dom;
  const FEW = 10; // rows that are read at a glance
  const choice = () => new URLSearchParams(location.hash.slice(1));
  const keep = (key, value) => {
    const all = choice();
    if (value === null || value === "") all.delete(key); else all.set(key, value);
    history.replaceState(null, "", all.size ? "#" + all : location.pathname + location.search);
  };
  // Numbers are compared as numbers, whatever stands around them: "≥ 1,234.5 vCPU"; what is not known stands last.
  const valueOf = (cell, isNumber) => {
    const text = cell ? cell.textContent.trim() : "";
    if (!isNumber) return text.toLowerCase();
    const found = text.replace(/,/g, "").match(/-?\d+(\.\d+)?/);
    return found ? Number(found[0]) : null;
  };

  function attach(section, id) {
    const table = section.querySelector("table"), body = table && table.tBodies[0];
    if (!body || body.rows.length < 2) return;
    const rows = [...body.rows], titles = [...table.tHead.rows[0].cells], isLong = rows.length > FEW;
    const find = el("input", { type: "search", class: "find", placeholder: "Filter", "aria-label": `Filter: ${section.querySelector("h2").textContent}` });
    const more = el("button", { type: "button", class: "more" }), count = el("span", { class: "small soft", role: "status" });

    function draw() {
      const all = choice(), sort = all.get(`${id}.sort`), down = all.get(`${id}.down`) === "1", needle = (all.get(`${id}.find`) || "").toLowerCase(), isOpen = all.get(`${id}.all`) === "1";
      const column = sort === null ? -1 : Number(sort), isNumber = column >= 0 && titles[column] && titles[column].classList.contains("num");
      const keyed = rows.map((row, i) => [column < 0 ? i : valueOf(row.cells[column], isNumber), i, row]);
      keyed.sort(([a, i], [b, j]) => (a === b ? i - j : a === null ? 1 : b === null ? -1 : (a < b ? -1 : 1) * (down ? -1 : 1)));
      titles.forEach((title, i) => title.setAttribute("aria-sort", i !== column ? "none" : down ? "descending" : "ascending"));
      let matching = 0;
      body.append(...keyed.map(([, , row]) => {
        const matches = !needle || row.textContent.toLowerCase().includes(needle);
        row.className = matches && (isOpen || matching < FEW) ? "" : "folded";
        matching += matches;
        return row;
      }));
      if (find.value.toLowerCase() !== needle) find.value = all.get(`${id}.find`) || "";
      more.hidden = matching <= FEW;
      more.setAttribute("aria-expanded", String(isOpen));
      more.textContent = isOpen ? `Show ${FEW}` : `Show all ${whole(matching)}`;
      count.textContent = needle ? `${whole(matching)} of ${whole(rows.length)}` : "";
    }

    titles.forEach((title, i) => {
      const button = el("button", { type: "button" }, title.textContent);
      button.addEventListener("click", () => {
        const all = choice(), same = all.get(`${id}.sort`) === String(i), wasDown = all.get(`${id}.down`) === "1";
        // Numbers begin with the largest, names with the first; a third click returns to the page's own order.
        const begins = title.classList.contains("num");
        if (same && wasDown !== begins) { keep(`${id}.sort`, null); keep(`${id}.down`, null); } else { keep(`${id}.sort`, String(i)); keep(`${id}.down`, (same ? !wasDown : begins) ? "1" : null); }
        draw();
      });
      title.replaceChildren(button);
    });
    if (isLong) {
      find.addEventListener("input", () => { keep(`${id}.find`, find.value); draw(); });
      more.addEventListener("click", () => { keep(`${id}.all`, choice().get(`${id}.all`) === "1" ? null : "1"); draw(); });
      section.querySelector("header").append(el("span", { class: "tools" }, count, find));
      table.parentElement.after(more);
    }
    draw();
  }

  return { attach };
})();
