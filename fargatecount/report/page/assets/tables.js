"use strict";
// Cards with tables, built from the document.
const Tables = (() => {
  const { el, name, number, whole, money, time, lasted } = Dom;

  // Columns: [title, class]; `num` is right-aligned, `minor` is left out on a phone. On a phone a `stacked` table is one block per row, each
  // cell with its title. A row is its cells, or of a long table a function that makes them.
  function table(columns, rows, kind) {
    return el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Table" }, el("table", { class: kind },
      el("thead", {}, el("tr", {}, columns.map(([title, kind]) => el("th", { class: kind }, title)))),
      Sorting.body(rows.map((row) => () => el("tr", {}, (typeof row === "function" ? row() : row).map((cell, i) => el("td", { class: columns[i][1], "data-title": columns[i][0] }, el("div", {}, cell))))))));
  }
  const urgentCard = (...all) => cardOf(true, ...all), card = (...all) => cardOf(false, ...all);
  const cardOf = (isUrgent, id, title, remark, ...content) => {
    const made = el("section", { class: "card", id, tabindex: "-1", "aria-labelledby": `${id}-title` }, el("header", {}, el("h2", { id: `${id}-title` }, title), remark ? el("span", { class: "soft" }, remark) : null), content);
    Sorting.attach(made, id, isUrgent);
    made.querySelectorAll(".scroll").forEach((one) => one.setAttribute("aria-label", `Table: ${title}`));
    return made;
  };
  const details = (id, title, isOpen, content) => el("details", { id, open: isOpen ? "" : null }, el("summary", { id: `${id}-summary` }, title), content);
  const { hasCluster, hasGroup, hasTime } = Filter, { cluster, group, workload } = Links;
  const NONE = "Nothing here matches what is chosen above.";
  const MAX_REFUSED = 200; // as many as a person scrolls through
  const leftOut = (many, what) => (many ? el("p", { class: "small soft" }, `${whole(many)} more ${what} not shown.`) : null);
  // An unreadable cluster has its last known counts, which are estimates.
  const mark = (row, value) => (value === null ? "" : row.unsized ? "≥ " : row.readable ? "" : "~");

  function unreadable(page) {
    const rows = page.unreadable.filter((row) => hasCluster(row.cluster));
    if (!rows.length) return null;
    const known = (row) => (row.held === null ? "nothing" : `${whole(row.held)} held, ${number(row.vcpu)} vCPU` + (row.counts_as_of ? `, as of ${time(row.counts_as_of)}` : ""));
    const made = urgentCard("unreadable", `${whole(rows.length)} unreadable ${rows.length === 1 ? "cluster" : "clusters"}`, "their last known counts stay in every total",
      table([["Cluster", "wide"], ["Last known", "wide"], ["Why", "wide"], ["What to do", "wide"]],
        rows.map((row) => [cluster(row.cluster), known(row), name(row.reason || "–"), name(row.remedy || "–")]), "stacked"));
    made.classList.add("amber");
    return made;
  }

  function notes(page) {
    const all = [...page.notes, ...page.digest.problems.map((one) => `${one.problem} (in ${whole(one.reports)} of ${whole(page.digest.reports)} reports)`)];
    return all.length ? card("notes", "What could not be done", null, el("ul", { class: "plain small" }, all.map((text) => el("li", {}, name(text))))) : null;
  }

  function clusters(page) {
    const state = (row) => (row.readable ? el("span", { class: "pill good" }, "ok") : el("span", { class: "pill amber" }, "unreadable"));
    const estimate = (row, value, text) => (row.readable || value === null ? "" : "~") + text;
    const rows = page.clusters.filter((row) => hasCluster(row.cluster)).map((row) => () => [[cluster(row.cluster), row.readable ? null : el("div", { class: "pill amber narrow" }, "unreadable")], estimate(row, row.running, whole(row.running)), estimate(row, row.held, whole(row.held)), mark(row, row.vcpu) + number(row.vcpu), estimate(row, row.spot_vcpu, number(row.spot_vcpu)), mark(row, row.memory_gib) + number(row.memory_gib), row.cost ? money(row.cost) : row.held === 0 ? "$0" : "?", state(row)]);
    return card("clusters", "Clusters", page.cost && page.cost.label,
      rows.length ? table([["Cluster", "wide"], ["Running", "num"], ["Held", "num minor"], ["vCPU", "num"], ["of which Spot", "num minor"], ["GiB", "num minor"], ["Per hour", "num"], ["State", "minor"]], rows)
        : el("p", { class: "soft" }, page.clusters.length ? NONE : "No cluster is known yet."));
  }

  function costs(page) {
    if (!page.cost) return null;
    const value = (capacity) => { const found = page.gauges.find((one) => one.is_quota && one.title.startsWith(capacity)); return found ? found.value : null; };
    const quotas = { on_demand_vcpu: value("on-demand"), spot_vcpu: value("spot") };
    // On demand and Spot have a quota each, so each has a share of its own.
    const share = (row, of) => (row[of] === null ? "?" : !row[of] ? "–" : quotas[of] ? `${row.vcpu_at_least ? "≥ " : ""}${number((row[of] / quotas[of]) * 100)} %` : "?");
    const vcpu = (row) => (row.on_demand_vcpu === null ? "?" : (row.vcpu_at_least ? "≥ " : "") + number(row.on_demand_vcpu + row.spot_vcpu));
    const found = page.cost.groups.filter((row) => hasGroup(row.cluster, row.group)), isOwned = page.cost.groups.some((row) => row.owner);
    const rows = found.map((row) => () => [group(row.cluster, row.group || "unknown"), cluster(row.cluster), ...(isOwned ? [row.owner === "-" ? "none" : name(row.owner || "?")] : []), vcpu(row), share(row, "on_demand_vcpu"), share(row, "spot_vcpu"), money(row)]);
    const age = page.cost.at ? Math.round((Date.parse(page.at) - Date.parse(page.cost.at)) / 1000) : 0;
    return card("services", "Cost by service", `per hour, as of ${time(page.cost.at || page.at)}${age > 0 ? `, ${Dom.lasted(age * 1000)} before the counts above` : ""}`,
      rows.length ? table([["Service, family or owner", "wide"], ["Cluster", "place"], ...(isOwned ? [["Owner", "owner"]] : []), ["vCPU", "num"], ["On-demand quota", "num"], ["Spot quota", "num"], ["Per hour", "num"]], rows, "stacked")
        : el("p", { class: "soft" }, page.cost.groups.length ? NONE : "Nothing is held."),
      page.cost.groups_left_out && !Filter.isNarrow() ? el("p", { class: "small soft" }, `${whole(page.cost.groups_left_out)} more, together ${money({ cost_per_hour: page.cost.left_out_per_hour })}.`) : null);
  }

  function shares(page) {
    const total = page.shares.reduce((sum, share) => sum + share.vcpu, 0);
    const part = (share) => (total ? `${number((share.vcpu / total) * 100)} %` : "–");
    return card("capacity", "On-demand and Spot", "of the known counts",
      el("div", { class: "split", "aria-hidden": "true" }, total ? page.shares.map((share) => el("i", { css: { width: `${(share.vcpu / total) * 100}%` } })) : null),
      table([["Capacity", ""], ["Workloads", "num"], ["vCPU", "num"], ["GiB", "num"], ["Share", "num"]],
        page.shares.map((share) => [[el("i", { class: "swatch " + share.capacity }), share.capacity], whole(share.count), number(share.vcpu), number(share.memory_gib), part(share)])));
  }

  function drift(page) {
    const { drift } = page.digest;
    const chips = Object.entries(drift.causes).map(([cause, times]) => el("span", { class: "chip" }, cause + " ", el("b", {}, whole(times))));
    const shown = drift.rows.filter((row) => hasTime(row.at) && hasGroup(row.cluster, row.group));
    const rows = shown.map((row) => () => [time(row.at), cluster(row.cluster), group(row.cluster, row.group), workload(row.cluster, row.workload),
      row.cause + (row.in_flight ? " (in flight: no drift)" : ""), `${row.before || "nothing"} → ${row.after}`, lasted(row.delay_ms)]);
    const grouped = drift.groups.filter((one) => hasCluster(one.cluster)).map((one) => [cluster(one.cluster), one.cause, whole(one.repairs), one.last ? time(one.last) : "–"]);
    return card("drift", "Drift that reconciles repaired", drift.repaired ? `${whole(drift.repaired)} repaired in the period` : "none in the period",
      chips.length ? el("div", { class: "chips" }, chips) : null,
      grouped.length ? table([["Cluster", "wide"], ["Cause", ""], ["Repairs", "num"], ["Last, UTC", "time"]], grouped, "stacked") : null,
      rows.length ? details("each-repair", Filter.isWhole() ? "Each repair" : "Each repair in the time that is chosen", rows.length <= 10, table([["Found, UTC", "time"], ["Cluster", "place"], ["Service", "place"], ["Workload", "minor"], ["Cause", ""], ["Was → is", ""], ["Missed for", "num"]], rows, "stacked"))
        : el("p", { class: "soft" }, drift.rows.length ? NONE : "The counters agreed with AWS at every check."),
      leftOut(drift.left_out, "older repairs are"));
  }

  function refused(page) {
    if (!page.refused || !page.refused.length) return null;
    const rows = page.refused.filter((row) => hasTime(row.at) && hasGroup(row.cluster, row.group)).map((row) => () => [time(row.at), time(row.since), (row.count_at_least ? "≥ " : "") + whole(row.count), row.capacity, cluster(row.cluster), group(row.cluster, row.group), row.sign, name(row.reason)]);
    return card("refused", "Launches that AWS refused", "each report covers the hour before it; a number is the highest of an hour",
      rows.length ? table([["Last, UTC", "time"], ["First, UTC", "time"], ["Launches", "num"], ["Capacity", ""], ["Cluster", "place"], ["Service", "place"], ["Seen as", ""], ["AWS says", "wide"]], rows.slice(0, MAX_REFUSED), "stacked") : el("p", { class: "soft" }, NONE),
      leftOut(rows.length - Math.min(rows.length, MAX_REFUSED), "earlier rows are"));
  }

  function hanging(page) {
    const found = page.hanging;
    if (!found || !found.count) return null;
    const shown = found.which.filter((row) => hasGroup(row.cluster, row.group));
    const rows = shown.map((row) => [cluster(row.cluster), group(row.cluster, row.group), workload(row.cluster, row.workload), row.phase, lasted(row.minutes * 60000), name(row.reason), name(row.remedy)]);
    return urgentCard("hanging", "Workloads that hang", `pending or stopping for more than ${whole(found.after_minutes)} minutes, as of ${time(page.beside_at)}; they stay held`,
      table([["Cluster", "place"], ["Service", "place"], ["Workload", "minor"], ["Phase", ""], ["For", "num"], ["Reason", "wide"], ["What to do", "wide"]], rows, "stacked"),
      leftOut(found.count - found.which.length, "workloads are"));
  }

  function headroom(page) {
    const found = page.headroom;
    if (!found) return null;
    const short = found.without_headroom, of = `${whole(found.services)} ${found.services === 1 ? "service" : "services"}`;
    const verdict = short === null ? `Not known: ${found.problems.join("; ") || "a quota is not known"}.`
      : !found.services ? "No ECS service runs on Fargate."
      : short ? `The next deployment of ${whole(short)} of ${of} does not fit into the quota.` : `The next deployment of each of ${of} fits into the quota.`;
    const shown = found.which.filter((row) => hasGroup(row.cluster, `service:${row.service}`));
    const rows = shown.map((row) => [group(row.cluster, row.service, true), cluster(row.cluster), whole(row.desired), whole(row.peak), number(row.lacks_vcpu), whole(row.largest_desired), row.largest_maximum_percent === null ? "?" : `${whole(row.largest_maximum_percent)} %`]);
    const made = card("headroom", "Next deployments", `as of ${time(page.headroom_at)}`, el("p", {}, name(verdict)),
      rows.length ? table([["Service", "wide"], ["Cluster", "place"], ["Desired tasks", "num"], ["Tasks at the peak", "num"], ["vCPU missing", "num"], ["Desired tasks that fit", "num"], ["Maximum percent that fits", "num"]], rows, "stacked") : null,
      short > found.which.length ? leftOut(short - found.which.length, "services are") : null,
      found.undecided ? el("p", { class: "small soft" }, `Of ${whole(found.undecided)} more services it is not known.`) : null);
    if (isShort(page)) made.classList.add("red");
    return made;
  }
  const isShort = (page) => Boolean(page.headroom && (page.headroom.without_headroom || page.headroom.which.length));

  function profiles(page) {
    if (!page.profiles || !page.profiles.length) return null;
    const rows = page.profiles.filter((row) => hasCluster(row.cluster)).map((row) => [name(row.profile), cluster(row.cluster), name(row.namespaces.join(", ") || "–"), whole(row.pods), number(row.vcpu), number(row.memory_gib)]);
    return card("profiles", "Fargate profiles", "held pods by the profile that selected them; fargatecount eks list has the selectors",
      table([["Profile", "wide"], ["Cluster", "place"], ["Namespaces", "wide"], ["Pods", "num"], ["vCPU", "num"], ["GiB", "num"]], rows, "stacked"));
  }

  function reclaimable(page) {
    const found = page.reclaimable;
    if (!found) return null;
    const size = (one) => one ? `${number(one.vcpu)} vCPU, ${number(one.memory_gib)} GiB` : "?";
    const used = (one) => one ? `${number(one.p50)} / ${number(one.p95)} / ${number(one.max)} %` : "?";
    const kinds = [found.on_demand_vcpu && `${number(found.on_demand_vcpu)} on-demand`, found.spot_vcpu && `${number(found.spot_vcpu)} Spot`].filter(Boolean);
    const verdict = found.problem ? `Not known: ${found.problem}.`
      : found.groups ? `Smaller sizes of ${whole(found.groups)} ${found.groups === 1 ? "service" : "services"} free ${number(found.vcpu)} vCPU of quota${kinds.length > 1 ? ` (${kinds.join(", ")})` : ""} and ${number(found.usd_month)} USD a month.`
      : "No service could run in a smaller size.";
    const silent = [found.too_little_data && `${whole(found.too_little_data)} with less than a week of data`, found.without_metrics && `${whole(found.without_metrics)} without metrics`].filter(Boolean);
    const rows = found.which.filter((row) => hasGroup(row.cluster, row.group)).map((row) => [name(row.group.replace(/^(service|family):/, "")), cluster(row.cluster), whole(row.tasks), size(row.held), used(row.cpu), used(row.memory), size(row.advised), number(row.freed_vcpu), row.freed_usd_month === null ? "?" : number(row.freed_usd_month), row.confidence]);
    return card("reclaimable", "Reclaimable", `held against used in two weeks, with a fifth to spare, as of ${time(found.as_of)}`, el("p", {}, name(verdict)),
      rows.length ? table([["Service", "wide"], ["Cluster", "place"], ["Tasks", "num"], ["Held", ""], ["CPU p50 / p95 / max", "num"], ["Memory p50 / p95 / max", "num"], ["Enough", ""], ["vCPU freed", "num"], ["USD a month", "num"], ["Confidence", "minor"]], rows, "stacked") : null,
      leftOut(found.groups - found.which.length, "services are"),
      silent.length ? el("p", { class: "small soft" }, `No advice on ${silent.join(" and ")}.`) : null);
  }

  function witness(page) {
    if (!page.witness.length) return null;
    const rows = page.witness.map((row) => [`${row.capacity}, ${row.measure === "vcpu" ? "vCPU" : row.measure}`, number(row.ours), row.theirs === null ? "not known" : number(row.theirs),
      row.difference === null ? "–" : (row.difference > 0 ? "+" : "") + number(row.difference), row.at ? time(row.at) : name(row.reason || "–")]);
    return card("witness", "AWS's own count", "AWS/Usage, some minutes behind; a difference needs a look and is not always an error",
      table([["What", ""], ["Ours", "num"], ["AWS", "num"], ["Difference", "num"], ["AWS's minute, UTC", "wide"]], rows, "stacked"));
  }

  return { table, card, details, unreadable, notes, clusters, costs, shares, drift, refused, hanging, headroom, isShort, profiles, reclaimable, witness };
})();
