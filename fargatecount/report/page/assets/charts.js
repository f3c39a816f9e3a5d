"use strict";
// The three views of counts over time: stacked, lines, numbers.
const Charts = (() => {
  const { el, svg, name, number } = Dom;
  // Ten colors, as different as ten can be also without red or green; the last is for all clusters without a color of their own.
  const LIGHT = ["#2a6fdb", "#e07b39", "#2f9e6e", "#c4478c", "#8c62d6", "#1aa3b8", "#b58a12", "#d04a4a", "#5f7f2e", "#7a4a2b", "#8792a2"];
  const DARK = ["#6aa5ff", "#f2a06b", "#5cc99a", "#ea7fb9", "#b79bf0", "#4fd0e0", "#dfb94f", "#f27d7d", "#9dc163", "#c8a27a", "#98a3b3"];
  const TILES = 24; // numbers that fit on a screen
  const MEASURES = { running: "running workloads", vcpu: "vCPU held" };
  // The date stands below the first hour of each day; 24 hours, as in logs. Each row: the minimum seconds between ticks, the text, and the
  // additions when the year, month, day, hour, minute or second differs from that of the previous tick.
  const DAY = "\n{YYYY}-{MM}-{DD}";
  const TIMES = [
    [86400 * 28, "{YYYY}-{MM}", null, null, null, null, null, null, 1],
    [86400, "{MM}-{DD}", "\n{YYYY}", null, null, null, null, null, 1],
    [60, "{HH}:{mm}", DAY, null, DAY, null, null, null, 1],
    [1, "{HH}:{mm}:{ss}", DAY, null, DAY, null, null, null, 1],
  ];
  const VIEWS = { stacked: "Stacked", lines: "Lines", numbers: "Numbers" };
  const paper = window.matchMedia("print");
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => dark.matches && !paper.matches && !printing;
  const css = (variable) => getComputedStyle(document.documentElement).getPropertyValue(variable).trim();
  const state = { view: "stacked", measure: "running", hidden: new Set() };
  const colors = new Map(); // by name, so that a cluster keeps its color when another overtakes it
  const MOST = LIGHT.length - 1; // series with a color each: one more would repeat the first
  LIGHT.forEach((each, i) => { document.documentElement.style.setProperty(`--light-${i}`, each); document.documentElement.style.setProperty(`--dark-${i}`, DARK[i]); });
  let printing = false, plot = null, drawn = "", box = null, legend = null, page = null;

  function color(series) {
    const palette = isDark() ? DARK : LIGHT;
    return palette[series.clusters > 1 ? MOST : colors.get(series.name)];
  }
  function paint(series) { // a series that left frees its color for one that came
    const own = series.filter((one) => one.clusters === 1);
    for (const known of [...colors.keys()]) if (!own.some((one) => one.name === known)) colors.delete(known);
    const free = [...LIGHT.keys()].slice(0, MOST).filter((i) => ![...colors.values()].includes(i));
    for (const one of own) if (!colors.has(one.name)) colors.set(one.name, free.shift());
  }

  const sum = (values) => values.reduce((total, value) => (value === null ? total : (total || 0) + value), null);
  function together(rest) {
    const count = rest.reduce((total, one) => total + one.clusters, 0), at = (measure) => page.history.times.map((_, i) => sum(rest.map((one) => one[measure][i])));
    return { name: `${count} other clusters`, clusters: count, running: at("running"), vcpu: at("vcpu"), doubtful: [...new Set(rest.flatMap((one) => one.doubtful))] };
  }
  // The part of a page that is chosen: its times, and as many series as there are colors.
  function chosen(whole) {
    const [from, to] = Filter.span(), all = whole.history.times;
    let first = all.findIndex((at) => at > from), end = all.findIndex((at) => at > to);
    first = Math.max((first < 0 ? all.length : first) - 1, 0); // the value at the left edge is older than it
    end = end < 0 ? all.length : end;
    const times = all.slice(first, end).map((at) => Math.max(at, from)), isKept = (one) => one.clusters === 1 ? Filter.hasCluster(one.name) : !Filter.isNarrow();
    const cut = whole.history.series.filter(isKept).map((one) => ({ ...one, running: one.running.slice(first, end), vcpu: one.vcpu.slice(first, end), doubtful: one.doubtful.filter((i) => i >= first && i < end).map((i) => i - first) }));
    page = { ...whole, from, to, history: { times, series: cut }, clusters: whole.clusters.filter((row) => Filter.hasCluster(row.cluster)) };
    if (cut.length > MOST) page.history.series = [...cut.slice(0, MOST - 1), together(cut.slice(MOST - 1))];
    paint(page.history.series);
  }

  // The data: x in seconds, then one array per line. The stack is summed from the last series up, so the first line is the total.
  function stacked(series) {
    const sums = page.history.times.map(() => 0);
    const rows = series.slice().reverse().map((one) => {
      if (state.hidden.has(one.name)) return one[state.measure].map(() => null);
      const nobody = (i) => series.every((each) => each[state.measure][i] === null);
      return one[state.measure].map((value, i) => (nobody(i) ? null : (sums[i] += value || 0)));
    });
    return rows.reverse();
  }
  function lines(series) {
    const solid = [], dashed = [];
    for (const one of series) {
      const values = state.hidden.has(one.name) ? one[state.measure].map(() => null) : one[state.measure];
      const doubt = new Set(one.doubtful);
      solid.push(values.map((value, i) => (doubt.has(i) ? null : value)));
      dashed.push(values.map((value, i) => (doubt.has(i) || doubt.has(i - 1) || doubt.has(i + 1) ? value : null)));
    }
    return [...solid, ...dashed];
  }
  const data = () => {
    const series = page.history.series;
    return [page.history.times.map((t) => t / 1000), ...(state.view === "stacked" ? stacked(series) : lines(series))];
  };

  function doubts() { // positions at which a visible value is a last known one
    return new Set(page.history.series.filter((one) => !state.hidden.has(one.name)).flatMap((one) => one.doubtful));
  }
  function strip(u) { // an amber strip along the time axis at those positions
    const positions = doubts(), xs = u.data[0], ctx = u.ctx;
    ctx.save();
    ctx.fillStyle = css("--amber-bar");
    for (let i = 0; i < xs.length; i++) {
      if (!positions.has(i)) continue;
      const from = u.valToPos(xs[i], "x", true);
      while (positions.has(i + 1)) i++;
      const to = i + 1 < xs.length ? u.valToPos(xs[i + 1], "x", true) : u.bbox.left + u.bbox.width;
      ctx.fillRect(from, u.bbox.top + u.bbox.height - 4 * devicePixelRatio, Math.max(to - from, 2), 4 * devicePixelRatio);
    }
    ctx.restore();
  }

  // Quotas are in vCPU. A quota far above what is held would flatten the chart, and stays out of it.
  const quotas = (high) => (state.measure === "vcpu" ? page.gauges.filter((one) => one.is_quota && one.value !== null && one.value > 0 && one.value <= 2 * high) : []);
  function quotaLines(u) {
    const ctx = u.ctx, ratio = devicePixelRatio;
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = css("--red-bar");
    ctx.lineWidth = 1.5 * ratio;
    ctx.setLineDash([6 * ratio, 4 * ratio]);
    ctx.font = `${12 * ratio}px system-ui, sans-serif`;
    ctx.textAlign = "left";
    ctx.textBaseline = "alphabetic";
    for (const one of quotas(u.scales.y.max).filter((one) => one.value <= u.scales.y.max)) {
      const y = u.valToPos(one.value, "y", true);
      ctx.beginPath();
      ctx.moveTo(u.bbox.left, y);
      ctx.lineTo(u.bbox.left + u.bbox.width, y);
      ctx.stroke();
      // A rim in the color of the card, so that the text can be read over lines.
      ctx.lineJoin = "round";
      ctx.save();
      ctx.setLineDash([]);
      ctx.lineWidth = 4 * ratio;
      ctx.strokeStyle = css("--card");
      ctx.strokeText(`${one.title}, ${number(one.value)} vCPU`, u.bbox.left + 6 * ratio, y - 4 * ratio);
      ctx.restore();
      ctx.fillText(`${one.title}, ${number(one.value)} vCPU`, u.bbox.left + 6 * ratio, y - 4 * ratio);
    }
    ctx.restore();
  }

  // Equal lines would hide each other. Of n equal ones the k-th is drawn over the others with dashes that leave the k before it visible.
  const DASH = 7, EQUAL = 0.5; // pixels; from which share of their points on two series are equal
  function equals(series) {
    const seen = series.filter((one) => !state.hidden.has(one.name)), found = new Map();
    const isEqual = (a, b) => {
      const both = a[state.measure].map((value, i) => [value, b[state.measure][i]]).filter(([x, y]) => x !== null && y !== null);
      return both.length > 0 && both.filter(([x, y]) => x === y).length >= EQUAL * both.length;
    };
    for (const one of seen) {
      if (found.has(one.name)) continue;
      const same = seen.filter((other) => other === one || (!found.has(other.name) && isEqual(one, other)));
      if (same.length > 1) same.forEach((each, k) => found.set(each.name, k ? [DASH * (same.length - k), DASH * k] : null));
      else found.set(one.name, null);
    }
    return series.map((one) => found.get(one.name) || null);
  }

  function options(width) {
    const series = page.history.series, step = uPlot.paths.stepped({ align: 1 }), few = page.history.times.length < 3;
    const axis = { stroke: css("--soft"), grid: { stroke: css("--line"), width: 1 }, ticks: { stroke: css("--line"), width: 1 }, font: "12px system-ui, sans-serif" };
    const dashes = equals(series);
    const line = (one, extra) => ({ label: one.name, stroke: color(one), width: 1.6, paths: step, points: { show: few }, spanGaps: false, ...extra });
    const fill = (one) => ({ fill: color(one) + (isDark() ? "b0" : "c8") });
    const drawnAs = state.view === "stacked" ? series.map((one) => line(one, fill(one)))
      : [...series.map((one, i) => line(one, dashes[i] ? { dash: dashes[i], width: 2.2 } : {})), ...series.map((one) => line(one, { dash: [5, 4], width: 1.2, points: { show: false } }))];
    // Between two lines of the stack only the upper color shows: the band ends at the next visible series below.
    const below = (i) => series.findIndex((one, j) => j > i && !state.hidden.has(one.name));
    const bands = series.map((one, i) => [i, below(i)]).filter(([i, j]) => j > 0 && !state.hidden.has(series[i].name)).map(([i, j]) => ({ series: [i + 1, j + 1] }));
    return {
      width, height: width < 600 ? 240 : 320,
      padding: [10, 36, 0, 0],
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      legend: { show: false },
      cursor: { y: false, drag: { x: true, y: false, setScale: false, dist: 8 }, points: { size: 7 } },
      scales: {
        x: { range: () => [page.from / 1000, page.to / 1000] }, // the period of the title, also where no point lies
        y: { range: (u, low, high) => [0, Math.max(high > 0 ? high * 1.08 : 1, ...quotas(high).map((one) => one.value * 1.04))] },
      },
      axes: [{ ...axis, space: width < 600 ? 56 : 64, values: TIMES }, { ...axis, size: 52, values: (u, values) => values.map((v) => number(v)) }],
      series: [{}, ...drawnAs],
      bands: state.view === "stacked" ? bands : [],
      hooks: { draw: [strip, quotaLines], setCursor: [(u) => showValues(u.cursor.idx)], setSelect: [(u) => {
        if (u.select.width < 8) return; // a click
        const [from, to] = [u.select.left, u.select.left + u.select.width].map((x) => u.posToVal(x, "x") * 1000);
        u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
        Filter.zoom(from, to);
      }] },
    };
  }

  function showValues(position) { // the legend has the values under the cursor, else the last ones
    const { times, series } = page.history, last = times.length - 1, i = position ?? last;
    const at = legend.querySelector(".at");
    if (at) at.textContent = times.length ? new Date(times[i]).toISOString().slice(0, 16).replace("T", " ") + " UTC" : "";
    const total = legend.querySelector(".total b");
    if (total) total.textContent = times.length ? number(sum(series.filter((one) => !state.hidden.has(one.name)).map((one) => one[state.measure][i]))) : "–";
    legend.querySelectorAll("[data-series] b").forEach((cell, n) => {
      const value = series[n] ? series[n][state.measure][i] : null;
      cell.textContent = (series[n] && series[n].doubtful.includes(i) && value !== null ? "last known " : "") + (value === null ? "–" : number(value));
    });
  }

  function drawLegend() {
    const several = page.history.series.length > 1;
    Dom.keepingFocus(() => legend.replaceChildren(...[several ? el("li", { class: "total" }, "total ", el("b", {}, "")) : null, ...page.history.series.map((one, n) => el("li", {}, el("button", {
      type: "button", id: `series-${n}`, "data-series": n, "aria-pressed": String(!state.hidden.has(one.name)),
      on: { click: () => { state.hidden.has(one.name) ? state.hidden.delete(one.name) : state.hidden.add(one.name); draw(true); } },
    }, el("i", { css: { background: color(one) } }), name(one.name), el("b", {}, "")))), el("li", { class: "at soft small" })].filter(Boolean)));
  }

  function spark(values) {
    const known = values.map((value, i) => [i, value]).filter(([, value]) => value !== null);
    if (known.length < 2) return null;
    const high = Math.max(...known.map(([, value]) => value), 1), across = Math.max(values.length - 1, 1);
    const points = known.map(([i, value]) => `${((i / across) * 100).toFixed(1)},${(24 - (value / high) * 22).toFixed(1)}`).join(" ");
    return svg("svg", { viewBox: "0 0 100 26", preserveAspectRatio: "none", "aria-hidden": "true" }, svg("polyline", { points }));
  }
  function tile(title, now, past, doubt, kind) {
    const known = past.filter((value) => value !== null);
    const range = known.length > 1 ? `${number(Math.min(...known))} to ${number(Math.max(...known))} in the period` : MEASURES[state.measure];
    return el("div", { class: "tile " + kind }, name(title), el("b", {}, number(now)), el("span", { class: "small soft" }, doubt || range), spark(past));
  }
  function tiles() {
    const { history, clusters, headline } = page, isAll = !Filter.isNarrow(), of = new Map(history.series.map((one) => [one.name, one[state.measure]]));
    const sums = history.times.map((_, i) => sum(history.series.map((one) => one[state.measure][i])));
    const doubt = (row) => (row.readable ? "" : row.counts_as_of ? "unreadable: last known" : "unreadable: not known");
    const isOpen = Address.get("tiles") === "all", shown = isOpen ? clusters : clusters.slice(0, TILES);
    const more = clusters.length > TILES ? el("button", { type: "button", class: "more", id: "more-tiles", "aria-expanded": String(isOpen), on: { click: () => { Address.keep({ tiles: isOpen ? null : "all" }); draw(true); } } }, isOpen ? `Show ${TILES}` : `Show all ${number(clusters.length)}`) : null;
    return el("div", { class: "tiles" },
      isAll ? tile("all clusters", headline[state.measure], sums, headline.complete ? "" : "not complete", "all") : tile("clusters that are chosen", sum(clusters.map((row) => row[state.measure])), [], "", "all"),
      shown.map((row) => tile(row.cluster, row[state.measure], of.get(row.cluster) || [], doubt(row), row.readable ? "" : "doubt")), more);
  }

  function draw(anew) {
    // Only the data changed: the plot stays, with the reader's cursor.
    const plan = JSON.stringify([state.view, state.measure, isDark(), page.from, page.to, page.history.series.map((one) => one.name), [...state.hidden], page.history.times.length < 3]);
    if (!anew && plot && plan === drawn && state.view !== "numbers") {
      plot.setData(data());
      showValues(plot.cursor.idx);
    } else {
      if (plot) plot.destroy();
      plot = null;
      drawn = plan;
      legend.hidden = state.view === "numbers" || !page.history.times.length;
      if (state.view === "numbers") Dom.keepingFocus(() => box.replaceChildren(tiles()));
      else if (!page.history.times.length) box.replaceChildren(el("p", { class: "empty" }, Filter.isNarrow() ? "No cluster that is chosen has a line of its own here; the numbers show each." : "No counts from this period yet."));
      else {
        box.replaceChildren();
        drawLegend();
        plot = new uPlot(options(width()), data(), box);
        showValues(null);
      }
    }
    equalHint.hidden = state.view !== "lines" || !equals(page.history.series).some(Boolean);
    hint.hidden = state.view === "numbers" || !doubts().size;
    quotaHint.hidden = state.view === "numbers" || state.measure !== "vcpu" || page.gauges.every((one) => !one.is_quota || one.value === null);
  }
  const width = () => (printing || paper.matches ? Math.min(680, box.clientWidth || 680) : box.clientWidth);
  const hint = el("p", { class: "hint" }, el("i", {}), "In these times a cluster could not be read: the chart has its last known counts.");

  const equalHint = el("p", { class: "hint" }, "A line of several colors: these clusters have the same values.");
  const quotaHint = el("p", { class: "hint" }, "Dashed: the quotas, where they are near. The chart adds on-demand and Spot together, and each has a quota of its own.");

  function choice(key, values, label) {
    return el("div", { class: "switch", role: "group", "aria-label": label }, Object.entries(values).map(([value, text]) => el("button", {
      type: "button", "data-choice": value, "aria-pressed": String(state[key] === value),
      on: { click: (event) => {
        state[key] = value;
        Address.keep({ [key]: value === Object.keys(values)[0] ? null : value });
        for (const one of event.currentTarget.parentNode.children) one.setAttribute("aria-pressed", String(one === event.currentTarget));
        draw(true);
      } },
    }, text)));
  }

  // The card, made once; `show` fills it with each document.
  function card() {
    // The arrow keys move the cursor, as a mouse does; the legend has the values.
    const step = (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key], last = page.history.times.length - 1;
      if (!plot || by === undefined || event.target !== box) return;
      event.preventDefault();
      const idx = Math.min(Math.max((plot.cursor.idx ?? last) + by, 0), last);
      plot.setCursor({ left: plot.valToPos(plot.data[0][idx], "x"), top: 10 });
    };
    box = el("div", { class: "chart", id: "chart", tabindex: "0", role: "group", "aria-label": "Chart. Left and right move through time; the values are in the legend below.", on: { keydown: step } });
    state.view = VIEWS[Address.get("view")] ? Address.get("view") : "stacked";
    state.measure = MEASURES[Address.get("measure")] ? Address.get("measure") : "running";
    legend = el("ul", { class: "legend" });
    const made = el("section", { class: "card", id: "history", "aria-labelledby": "history-title" }, el("header", {}, el("h2", { id: "history-title" }, "Counts per cluster over time"), el("span", { class: "soft", id: "period" }),
      el("div", { class: "tools" }, choice("view", VIEWS, "View"),
        choice("measure", { running: "Workloads", vcpu: "vCPU" }, "Measure"))), box, legend, equalHint, hint, quotaHint);
    new ResizeObserver(() => { if (plot && box.clientWidth && plot.width !== width()) plot.setSize({ width: width(), height: width() < 600 ? 240 : 320 }); }).observe(box);
    dark.addEventListener("change", () => page && draw(true));
    paper.addEventListener("change", () => page && draw(true));
    window.addEventListener("beforeprint", () => { printing = true; if (page) draw(true); });
    window.addEventListener("afterprint", () => { printing = false; if (page) draw(true); });
    return made;
  }
  function show(next) {
    chosen(next);
    const shown = (ms) => Dom.time(new Date(ms).toISOString()).slice(0, 16);
    document.getElementById("period").textContent = `${shown(page.from)} to ${shown(page.to)} UTC`;
    draw(false);
  }
  return { card, show };
})();
