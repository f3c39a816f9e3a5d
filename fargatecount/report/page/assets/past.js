"use strict";
// What ran and ended in the period, from the archive: everything is summed here from parts by time and group, so that the filter holds for all of it.
const Past = (() => {
  const { el, svg, name, number, whole, time, lasted } = Dom, { table, card, details } = Tables;
  const TOP = 8; // groups with a color of their own
  const dollars = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });
  const OTHERS = "other services";
  const titleOf = (one) => (one.cluster === null ? OTHERS : (one.group || "?").replace(/^service:/, ""));

  // The parts that the filter keeps. A part counts if its middle is chosen, so a range of whole parts has exactly these.
  function kept(past) {
    const [from, to] = Filter.span(), middle = (i) => (past.edges[i] + past.edges[i + 1]) / 2;
    const first = past.edges.findIndex((_, i) => i < past.edges.length - 1 && middle(i) >= from);
    const parts = past.edges.slice(0, -1).map((_, i) => i).filter((i) => middle(i) >= from && middle(i) <= to);
    const inTime = new Set(parts), isKept = past.groups.map((one) => (one.cluster === null ? !Filter.isNarrow() : Filter.hasGroup(one.cluster, one.group)));
    const of = (rows) => rows.filter((row) => inTime.has(row[0]) && isKept[row[1]]);
    return { past, parts, first, moves: of(past.moves), costs: of(past.costs), stops: of(past.stops), launches: of(past.launches), leavesOut: Filter.isNarrow() && past.groups.some((one) => one.cluster === null) };
  }
  function summed(rows, keyOf, columns) { // sums of columns by a key
    const found = new Map();
    for (const row of rows) {
      const key = keyOf(row), sums = found.get(key) || columns.map(() => 0);
      columns.forEach((column, i) => { sums[i] += row[column]; });
      found.set(key, sums);
    }
    return found;
  }
  const when = (past, i) => time(new Date(past.edges[i]).toISOString()).slice(0, past.unit === "day" ? 10 : 16);
  const nothing = (past) => el("p", { class: "soft" }, past.gaps.length ? "Nothing is known to have run in this time, and not all of it is known (see above)."
    : Filter.isNarrow() || !Filter.isWhole() ? "Nothing ran that matches what is chosen above; the time is known completely." : "Nothing ran in this time; it is known completely.");

  // A group's cells: its service and its cluster.
  const place = (one) => [Links.group(one.cluster, one.cluster === null ? OTHERS : one.group || "?"), one.cluster === null ? "–" : Links.cluster(one.cluster)];

  // Bars by part of the time: `values` is a map of title to a value for each part; `down` likewise, below the line.
  function bars(id, words, view, values, down, format) {
    const { past, parts } = view, every = [...new Set([...values.keys(), ...down.keys()])], WIDTH = 1000, HEIGHT = 170, n = Math.max(parts.length, 1);
    const heights = (map, j) => every.reduce((total, title) => total + ((map.get(title) || [])[j] || 0), 0);
    const high = Math.max(...parts.map((_, j) => heights(values, j)), 0), low = Math.max(...parts.map((_, j) => heights(down, j)), 0), unit = HEIGHT / (high + low || 1), wide = WIDTH / n;
    const drawn = parts.flatMap((_, j) => {
      let up = high * unit, below = high * unit;
      return every.flatMap((title, c) => {
        const made = [], above = ((values.get(title) || [])[j] || 0) * unit, under = ((down.get(title) || [])[j] || 0) * unit, color = title === OTHERS ? "c10" : `c${c % 10}`;
        const one = (y, height) => svg("rect", { class: color, x: (j * wide + wide * 0.08).toFixed(2), y: y.toFixed(2), width: (wide * 0.84).toFixed(2), height: height.toFixed(2) });
        if (above) made.push(one((up -= above), above));
        if (under) { made.push(one(below, under)); below += under; }
        return made;
      });
    });
    const line = svg("line", { class: "zero", x1: 0, x2: WIDTH, y1: (high * unit).toFixed(2), y2: (high * unit).toFixed(2) });
    const labels = el("div", { class: "labels small soft", "aria-hidden": "true" }, [0, Math.floor((n - 1) / 2), n - 1].filter((j, k, all) => all.indexOf(j) === k && parts[j] !== undefined).map((j) => el("span", {}, when(past, parts[j]))));
    const legend = el("ul", { class: "legend" }, every.map((title, c) => el("li", {}, el("i", { class: title === OTHERS ? "c10" : `c${c % 10}` }), " ", name(title), " ", el("b", {}, format((values.get(title) || []).reduce((a, b) => a + b, 0)) + (down.size ? ` / ${format((down.get(title) || []).reduce((a, b) => a + b, 0))}` : "")))));
    return [el("p", { class: "small soft" }, `${words} The highest: ${format(high)}${down.size ? ` up, ${format(low)} down` : ""}.`), svg("svg", { id, class: "bars", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": words }, drawn, line), labels, legend];
  }
  function stacks(view, rows, titleAt, column, top) { // a map of title to values by part, all but the `top` titles as others
    const at = new Map(view.parts.map((part, j) => [part, j])), found = new Map();
    for (const row of rows) {
      const own = titleAt(row), title = top.has(own) ? own : OTHERS, values = found.get(title) || view.parts.map(() => 0);
      values[at.get(row[0])] += row[column];
      found.set(title, values);
    }
    return found;
  }
  const ordered = (found, top) => new Map([...top, OTHERS].filter((title) => found.has(title)).map((title) => [title, found.get(title)]));
  const largest = (sums) => new Set([...sums].filter(([title]) => title !== OTHERS).sort((a, b) => b[1].reduce((x, y) => x + y, 0) - a[1].reduce((x, y) => x + y, 0)).slice(0, TOP).map(([title]) => title));

  function timeline(view) {
    const { past, moves } = view, titleAt = (row) => { const one = past.groups[row[1]]; return one.cluster === null ? OTHERS : `${titleOf(one)} (${one.cluster})`; };
    const top = largest(summed(moves, titleAt, [2, 3])), up = ordered(stacks(view, moves, titleAt, 2, top), top), down = ordered(stacks(view, moves, titleAt, 3, top), top);
    const by = summed(moves, (row) => row[0], [2, 3]), rows = view.parts.filter((i) => by.has(i)).map((i) => [when(past, i), whole(by.get(i)[0]), whole(by.get(i)[1])]).reverse();
    return card("timeline", "Starts and stops", `by ${past.unit}`, rows.length ? [bars("timeline-bars", `Starts are above the line, stops below, by ${past.unit}.`, view, up, down, whole),
      details("timeline-table", "As a table", false, table([["Beginning, UTC", "time"], ["Started", "num"], ["Stopped", "num"]], rows))] : nothing(past));
  }
  function movers(view) {
    const { past, moves } = view, isOwned = past.groups.some((one) => one.owner);
    const rows = [...summed(moves, (row) => row[1], [2, 3, 4, 5])].sort((a, b) => Math.abs(b[1][2] - b[1][3]) - Math.abs(a[1][2] - a[1][3]) || b[1][0] + b[1][1] - a[1][0] - a[1][1]).map(([i, [started, stopped, up, down]]) => () => {
      const one = past.groups[i], net = up - down;
      return [...place(one), ...(isOwned ? [one.owner === "-" ? "none" : name(one.owner || "?")] : []), whole(started), whole(stopped), (net > 0 ? "+" : "") + number(net)];
    });
    return card("movers", "Who grew and who shrank", "vCPU started less vCPU stopped", rows.length ? table([["Service", "place"], ["Cluster", "place"], ...(isOwned ? [["Owner", "owner"]] : []), ["Started", "num"], ["Stopped", "num"], ["vCPU", "num"]], rows, "stacked") : nothing(past));
  }
  function reasons(view) {
    const { past, stops } = view;
    const rows = [...summed(stops, (row) => row[2], [3, 4, 5])].sort((a, b) => b[1][0] - a[1][0]).map(([i, [stopped, never, inferred]]) => {
      const [code, kind] = past.reasons[i], groups = new Set(stops.filter((row) => row[2] === i).map((row) => row[1]));
      return [name(code === "?" ? "not known" : code), name(kind === "-" ? "–" : kind), whole(stopped), whole(groups.size), never ? whole(never) : "–", inferred ? whole(inferred) : "–"];
    });
    return card("reasons", "Why workloads ended", null, rows.length ? table([["Stop code", "place"], ["Reason", "wide"], ["Ended", "num"], ["Services", "num"], ["Never started", "num"], ["Not reported", "num"]], rows, "stacked") : nothing(past));
  }
  function spot(view) {
    const { past, moves } = view;
    const rows = [...summed(moves.filter((row) => row[7]), (row) => row[1], [6, 7])].sort((a, b) => b[1][0] - a[1][0]).map(([i, [taken, ended]]) => () => [...place(past.groups[i]), whole(taken), whole(ended), `${number((taken / ended) * 100)} %`]);
    const total = moves.reduce((sum, row) => sum + row[6], 0);
    return card("spot", "Spot interruptions", `${whole(total)} in this time, of the Spot tasks that ended`, rows.length ? table([["Service", "place"], ["Cluster", "place"], ["Taken back", "num"], ["Ended", "num"], ["Share", "num"]], rows, "stacked")
      : el("p", { class: "soft" }, past.gaps.length ? "No Spot task is known to have ended in this time." : "No Spot task ended in this time."));
  }
  function percentiles(rows) { // nearest rank over [milliseconds, launches]
    const all = rows.slice().sort((a, b) => a[0] - b[0]), count = all.reduce((sum, [, n]) => sum + n, 0);
    return [50, 95, 99].map((p) => { let seen = 0; for (const [ms, n] of all) { seen += n; if (seen * 100 >= count * p) return ms; } return null; });
  }
  function latency(view) {
    const { past, launches } = view, all = [], by = new Map(), parts = new Map(), into = (map, key, found) => { if (map.has(key)) map.get(key).push(found); else map.set(key, [found]); };
    for (const [part, i, ms, count] of launches) { all.push([ms, count]); into(by, i, [ms, count]); into(parts, part, [ms, count]); }
    const summary = (rows) => [rows.reduce((sum, [, n]) => sum + n, 0), ...percentiles(rows)], cells = ([count, ...times]) => [whole(count), ...times.map(lasted)];
    const rows = [...by].map(([i, found]) => [i, summary(found)]).sort((a, b) => b[1][2] - a[1][2]).map(([i, found]) => () => [...place(past.groups[i]), ...cells(found)]);
    const over = view.parts.filter((i) => parts.has(i)).reverse().map((i) => () => [when(past, i), ...cells(summary(parts.get(i)))]);
    const titles = [["Launches", "num"], ["p50", "num"], ["p95", "num"], ["p99", "num"]], [, half, most, nearly] = summary(all);
    return card("launches", "How long launches took", "from creation to start, to within 5 %", rows.length ? [el("p", {}, `Half within ${lasted(half)}, 95 of 100 within ${lasted(most)}, 99 of 100 within ${lasted(nearly)}.`),
      table([["Service", "place"], ["Cluster", "place"], ...titles], rows, "stacked"), details("launches-over-time", `By ${past.unit}`, false, table([["Beginning, UTC", "time"], ...titles], over, "stacked"))]
      : el("p", { class: "soft" }, past.gaps.length ? "No launch is known in this time." : "Nothing was launched in this time."));
  }
  function cost(view) {
    const { past, costs } = view, isOwned = past.groups.some((one) => one.owner && one.owner !== "?");
    const titleAt = (row) => { const one = past.groups[row[1]]; return one.cluster === null ? OTHERS : isOwned ? (one.owner === "-" ? "no owner" : one.owner || "?") : `${titleOf(one)} (${one.cluster})`; };
    const by = summed(costs, titleAt, [2, 3, 4, 5]), top = largest(summed(costs, titleAt, [2])), values = ordered(stacks(view, costs, titleAt, 2, top), top);
    const total = [...by.values()].reduce((sum, [amount]) => sum + amount, 0), all = [...by].sort((a, b) => b[1][0] - a[1][0]);
    const rows = all.map(([title, [amount, uncertain, unpriced, hours]]) => [name(title), (unpriced ? "≥ " : "") + dollars.format(amount), uncertain >= 0.005 ? dollars.format(uncertain) : "–", number(hours), total ? `${number((amount / total) * 100)} %` : "–"]);
    const isLess = all.some(([, sums]) => sums[2]);
    return card("spent", isOwned ? `Cost by ${past.unit} and owner` : `Cost by ${past.unit}`, past.prices, rows.length ? [el("p", {}, `${isLess ? "At least " : ""}${dollars.format(total)} in this time, at list price.`),
      bars("spent-bars", `Cost by ${past.unit}.`, view, values, new Map(), (value) => dollars.format(value)),
      table([[isOwned ? "Owner" : "Service", "wide"], ["Cost", "num"], ["Of it uncertain", "num"], ["vCPU hours", "num"], ["Share", "num"]], rows, "stacked")] : nothing(past));
  }

  function cards(page) {
    const past = page.past;
    if (!past) return [];
    const [from, to] = [past.edges[0], past.edges[past.edges.length - 1]].map((ms) => time(new Date(ms).toISOString()).slice(0, 16));
    const head = el("section", { class: `card${past.problem || past.gaps.length ? " amber" : ""}`, id: "past", "aria-labelledby": "past-title" }, el("header", {}, el("h2", { id: "past-title" }, "What ran and why it ended"), past.problem ? null : el("span", { class: "soft" }, `from the history, ${from} to ${to} UTC`)),
      past.problem ? el("p", {}, name(past.problem)) : el("p", { class: "small" }, past.gaps.length ? "This is not all that ran:" : "Of this time everything is known."),
      past.gaps.length ? el("ul", { class: "plain small" }, past.gaps.map((gap) => el("li", {}, name(gap)))) : null);
    if (past.problem) return [head];
    const view = kept(past);
    if (view.leavesOut) head.append(el("p", { class: "small soft" }, "Small services are summed up without their clusters, and are left out while a cluster or owner is chosen."));
    return [head, timeline(view), el("div", { class: "two" }, movers(view), reasons(view)), el("div", { class: "two" }, spot(view), latency(view)), cost(view)];
  }
  return { cards };
})();
