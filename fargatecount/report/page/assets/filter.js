"use strict";
// What a reader wants to see: a time range, clusters, an owner. Every card asks here; the choice is in the address.
const Filter = (() => {
  const { el, time } = Dom;
  const HOUR = 3600e3, RANGES = { "1h": ["last hour", HOUR], "6h": ["last 6 hours", 6 * HOUR], "24h": ["last 24 hours", 24 * HOUR], "7d": ["last 7 days", 168 * HOUR], "30d": ["last 30 days", 720 * HOUR] };
  const NARROWEST = 1 / 40; // of the period: a chart of 400 points then still has ten
  let page = null, changed = () => {}, made = null, drawn = "", owned = new Map();
  const key = (cluster, group) => JSON.stringify([cluster, group || null]);

  const length = () => Date.parse(page.until) - Date.parse(page.since);
  const ranges = () => Object.entries(RANGES).filter(([, [, ms]]) => ms < length() && ms >= length() * NARROWEST);
  // The range in milliseconds, within the period of the page.
  function span() {
    const since = Date.parse(page.since), until = Date.parse(page.until), chosen = RANGES[Address.get("range")];
    if (chosen) return [Math.max(since, until - chosen[1]), until];
    const from = Date.parse(Address.get("from")), to = Date.parse(Address.get("to"));
    const within = Number.isFinite(from) && Number.isFinite(to) && from < to && from < until && to > since;
    return within ? [Math.max(from, since), Math.min(to, until)] : [since, until];
  }
  const hasTime = (iso) => { const at = Date.parse(iso), [from, to] = span(); return at >= from && at <= to; };
  const needle = () => (Address.get("cluster") || "").toLowerCase();
  const owner = () => Address.get("owner") || "";
  const hasCluster = (cluster) => (!needle() || (cluster || "").toLowerCase().includes(needle())) && (!owner() || owned.has(cluster));
  const hasGroup = (cluster, group) => hasCluster(cluster) && (!owner() || (owned.get(cluster) || new Set()).has(key(cluster, group)));
  const isNarrow = () => Boolean(needle() || owner());
  const isWhole = () => { const [from, to] = span(); return from === Date.parse(page.since) && to === Date.parse(page.until); };

  function owners() { return [...new Set([...(page.cost ? page.cost.groups : []), ...(page.past ? page.past.groups : [])].map((one) => one.owner).filter((one) => one && one !== "?"))].sort(); }
  function learn() { // which clusters and groups are the chosen owner's
    owned = new Map();
    const add = (cluster, group) => owned.set(cluster, (owned.get(cluster) || new Set()).add(key(cluster, group)));
    for (const one of page.cost ? page.cost.groups : []) if (one.owner === owner()) add(one.cluster, one.group);
    for (const one of page.past ? page.past.groups : []) if (one.owner === owner()) add(one.cluster, one.group);
  }
  function choose(changes) { Address.keep(changes); show(page); changed(); }
  function zoom(from, to) { choose({ range: null, from: new Date(from).toISOString().slice(0, 19) + "Z", to: new Date(to).toISOString().slice(0, 19) + "Z" }); }
  function words() {
    const [from, to] = span(), iso = (ms) => time(new Date(ms).toISOString()).slice(0, 16);
    return [isWhole() ? null : `${iso(from)} to ${iso(to)} UTC`, needle() ? `clusters with “${needle()}”` : null, owner() ? `owner ${owner()}` : null].filter(Boolean).join(", ");
  }

  function card(onChange) {
    changed = onChange;
    made = el("section", { class: "filters", "aria-label": "What is shown" });
    window.addEventListener("hashchange", () => page && (show(page), changed()));
    return made;
  }
  function show(next) {
    page = next;
    learn();
    const named = page.clusters.map((row) => row.cluster), custom = !RANGES[Address.get("range")] && !isWhole(), all = owners();
    const plan = JSON.stringify([named, all, ranges().map(([each]) => each), custom, Address.get("range"), owner(), words()]);
    if (plan === drawn) return;
    drawn = plan;
    const option = (value, text, chosen) => el("option", { value, selected: value === chosen }, text);
    const range = el("select", { id: "range", on: { change: (event) => event.target.value !== "own" && choose({ range: event.target.value || null, from: null, to: null }) } },
      option("", "all of the period", Address.get("range") || (custom ? "own" : "")), ranges().map(([value, [text]]) => option(value, text, Address.get("range"))), custom ? option("own", "as chosen in the chart", "own") : null);
    const cluster = el("input", { id: "cluster", type: "search", list: "named", placeholder: "all", value: Address.get("cluster"), autocomplete: "off", on: { input: (event) => choose({ cluster: event.target.value }) } });
    const whose = el("select", { id: "owner", on: { change: (event) => choose({ owner: event.target.value || null }) } }, option("", "all", owner()), all.map((one) => option(one, one === "-" ? "none" : one, owner())));
    const field = (label, control) => el("label", {}, el("span", { class: "small soft" }, label), control);
    Dom.keepingFocus(() => made.replaceChildren(...[
      ranges().length || custom ? field("Time", range) : null, named.length > 1 ? field("Cluster", cluster) : null, all.length || owner() ? field("Owner", whose) : null,
      el("datalist", { id: "named" }, named.map((one) => el("option", { value: one }))),
      words() ? el("button", { type: "button", id: "everything", on: { click: () => choose({ range: null, from: null, to: null, cluster: null, owner: null }) } }, "Show everything") : null,
      el("span", { class: "small soft shown", role: "status" }, words() ? `Shown: ${words()}` : "")].filter(Boolean)));
  }
  return { card, show, span, zoom, hasTime, hasCluster, hasGroup, isNarrow, isWhole, owner, words };
})();
