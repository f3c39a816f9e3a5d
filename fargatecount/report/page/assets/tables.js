"use strict";
// Cards with tables, built from the document.
const Tables = (() => {
  const { el, name, number, whole, money, time, lasted } = Dom;

  // Columns: [title, class]; `num` is right-aligned, `minor` is left out on a phone. On a phone a `stacked` table is one block per row, each
  // cell with its title.
  function table(columns, rows, kind) {
    return el("div", { class: "scroll", tabindex: "0" }, el("table", { class: kind },
      el("thead", {}, el("tr", {}, columns.map(([title, kind]) => el("th", { class: kind }, title)))),
      el("tbody", {}, rows.map((cells) => el("tr", {}, cells.map((cell, i) => el("td", { class: columns[i][1], "data-title": columns[i][0] }, el("div", {}, cell))))))));
  }
  const card = (id, title, remark, ...content) => {
    const made = el("section", { class: "card", id }, el("header", {}, el("h2", {}, title), remark ? el("span", { class: "soft" }, remark) : null), content);
    Sorting.attach(made, id);
    return made;
  };
  const details = (title, isOpen, content) => el("details", { open: isOpen ? "" : null }, el("summary", {}, title), content);
  const MAX_REFUSED = 200; // as many as a person scrolls through
  const leftOut = (many, what) => (many ? el("p", { class: "small soft" }, `${whole(many)} more ${what} not shown.`) : null);
  const atLeast = (row, value) => (row.unsized && value !== null ? "≥ " : "") + number(value);

  function unreadable(page) {
    if (!page.unreadable.length) return null;
    const known = (row) => (row.held === null ? "nothing" : `${whole(row.held)} held, ${number(row.vcpu)} vCPU` + (row.counts_as_of ? `, as of ${time(row.counts_as_of)}` : ""));
    const made = card("unreadable", `${page.unreadable.length} unreadable ${page.unreadable.length === 1 ? "cluster" : "clusters"}`, "their last known counts stay in every total",
      table([["Cluster", "wide"], ["Last known", "wide"], ["Why", "wide"], ["What to do", "wide"]],
        page.unreadable.map((row) => [name(row.cluster), known(row), name(row.reason || "–"), name(row.remedy || "–")]), "stacked"));
    made.classList.add("amber");
    return made;
  }

  function notes(page) {
    const all = [...page.notes, ...page.digest.problems.map((one) => `${one.problem} (in ${whole(one.reports)} of ${whole(page.digest.reports)} reports)`)];
    return all.length ? card("notes", "What could not be done", null, el("ul", { class: "plain small" }, all.map((text) => el("li", {}, name(text))))) : null;
  }

  function clusters(page) {
    const state = (row) => (row.readable ? el("span", { class: "pill good" }, "ok") : el("span", { class: "pill amber" }, "unreadable"));
    const rows = page.clusters.map((row) => [[name(row.cluster), row.readable ? null : el("div", { class: "pill amber narrow" }, "unreadable")], whole(row.running), whole(row.held), atLeast(row, row.vcpu), number(row.spot_vcpu), atLeast(row, row.memory_gib), row.cost ? money(row.cost) : row.held === 0 ? "$0" : "?", state(row)]);
    return card("clusters", "Clusters", page.cost && page.cost.label,
      rows.length ? table([["Cluster", "wide"], ["Running", "num"], ["Held", "num minor"], ["vCPU", "num"], ["of which Spot", "num minor"], ["GiB", "num minor"], ["Per hour", "num"], ["State", "minor"]], rows)
        : el("p", { class: "soft" }, "No cluster is known yet."));
  }

  function costs(page) {
    if (!page.cost) return null;
    const rows = page.cost.groups.map((row) => [name(row.group || "unknown"), name(row.cluster), money(row)]);
    return card("services", "Cost by service", page.cost.at ? `per hour, as of ${time(page.cost.at)}` : "per hour",
      rows.length ? table([["Service, family or owner", "wide"], ["Cluster", ""], ["Per hour", "num"]], rows) : el("p", { class: "soft" }, "Nothing is held."),
      page.cost.groups_left_out ? el("p", { class: "small soft" }, `${whole(page.cost.groups_left_out)} more, together ${money({ cost_per_hour: page.cost.left_out_per_hour })}.`) : null);
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
    const rows = drift.rows.map((row) => [time(row.at), name(row.cluster), name(row.group || "–"), el("span", { class: "mono" }, row.workload),
      row.cause + (row.in_flight ? " (in flight: no drift)" : ""), `${row.before || "nothing"} → ${row.after}`, lasted(row.delay_ms)]);
    const groups = new Map();
    for (const row of drift.rows) {
      const key = JSON.stringify([row.cluster, row.cause]), found = groups.get(key) || { cluster: row.cluster, cause: row.cause, times: 0, last: "" };
      groups.set(key, { ...found, times: found.times + 1, last: row.at > found.last ? row.at : found.last });
    }
    const grouped = [...groups.values()].sort((a, b) => b.times - a.times).map((one) => [name(one.cluster), one.cause, whole(one.times), time(one.last)]);
    return card("drift", "Drift that reconciles repaired", drift.repaired ? `${whole(drift.repaired)} repaired in the period` : "none in the period",
      chips.length ? el("div", { class: "chips" }, chips) : null,
      grouped.length > 1 ? table([["Cluster", ""], ["Cause", ""], ["Repairs", "num"], ["Last, UTC", "time"]], grouped) : null,
      rows.length ? details("Each repair", rows.length <= 10, table([["Found, UTC", "time"], ["Cluster", ""], ["Service", ""], ["Workload", "minor"], ["Cause", ""], ["Was → is", ""], ["Missed for", "num"]], rows, "stacked"))
        : el("p", { class: "soft" }, "The counters agreed with AWS at every check."),
      leftOut(drift.left_out, "older repairs are"));
  }

  function refused(page) {
    if (!page.refused || !page.refused.length) return null;
    const rows = page.refused.map((row) => [time(row.at), time(row.since), (row.count_at_least ? "≥ " : "") + whole(row.count), row.capacity, name(row.cluster), name(row.group || "–"), row.sign, name(row.reason)]);
    return card("refused", "Launches that AWS refused", "each report covers the hour before it; a number is the highest of an hour",
      table([["Last, UTC", "time"], ["First, UTC", "time"], ["Launches", "num"], ["Capacity", ""], ["Cluster", ""], ["Service", ""], ["Seen as", ""], ["AWS says", "wide"]], rows.slice(0, MAX_REFUSED), "stacked"),
      leftOut(rows.length - Math.min(rows.length, MAX_REFUSED), "earlier rows are"));
  }

  function hanging(page) {
    const found = page.hanging;
    if (!found || !found.count) return null;
    const rows = found.which.map((row) => [name(row.cluster), name(row.group || "–"), el("span", { class: "mono" }, row.workload), row.phase, lasted(row.minutes * 60000), name(row.reason), name(row.remedy)]);
    return card("hanging", "Workloads that hang", `pending or stopping for more than ${whole(found.after_minutes)} minutes, as of ${time(page.beside_at)}; they stay held`,
      table([["Cluster", ""], ["Service", ""], ["Workload", "minor"], ["Phase", ""], ["For", "num"], ["Reason", "wide"], ["What to do", "wide"]], rows, "stacked"),
      leftOut(found.count - rows.length, "workloads are"));
  }

  function headroom(page) {
    const found = page.headroom;
    if (!found) return null;
    const short = found.without_headroom, of = `${whole(found.services)} ${found.services === 1 ? "service" : "services"}`;
    const verdict = short === null ? `Not known: ${found.problems.join("; ") || "a quota is not known"}.`
      : !found.services ? "No ECS service runs on Fargate."
      : short ? `The next deployment of ${whole(short)} of ${of} does not fit into the quota.` : `The next deployment of each of ${of} fits into the quota.`;
    const rows = found.which.map((row) => [name(row.service), name(row.cluster), whole(row.desired), whole(row.peak), number(row.lacks_vcpu), whole(row.largest_desired), row.largest_maximum_percent === null ? "?" : `${whole(row.largest_maximum_percent)} %`]);
    const made = card("headroom", "Next deployments", `as of ${time(page.headroom_at)}`, el("p", {}, name(verdict)),
      rows.length ? table([["Service", "wide"], ["Cluster", ""], ["Desired tasks", "num"], ["Tasks at the peak", "num"], ["vCPU missing", "num"], ["Desired tasks that fit", "num"], ["Maximum percent that fits", "num"]], rows, "stacked") : null,
      short > rows.length ? leftOut(short - rows.length, "services are") : null,
      found.undecided ? el("p", { class: "small soft" }, `Of ${whole(found.undecided)} more services it is not known.`) : null);
    if (isShort(page)) made.classList.add("red");
    return made;
  }
  const isShort = (page) => Boolean(page.headroom && (page.headroom.without_headroom || page.headroom.which.length));

  function profiles(page) {
    if (!page.profiles || !page.profiles.length) return null;
    const rows = page.profiles.map((row) => [name(row.profile), name(row.cluster), name(row.namespaces.join(", ") || "–"), whole(row.pods), number(row.vcpu), number(row.memory_gib)]);
    return card("profiles", "Fargate profiles", "held pods by the profile that selected them; fargatecount eks list has the selectors",
      table([["Profile", "wide"], ["Cluster", ""], ["Namespaces", "wide"], ["Pods", "num"], ["vCPU", "num"], ["GiB", "num"]], rows, "stacked"));
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
    const rows = found.which.map((row) => [name(row.group.replace(/^(service|family):/, "")), name(row.cluster), whole(row.tasks), size(row.held), used(row.cpu), used(row.memory), size(row.advised), number(row.freed_vcpu), row.freed_usd_month === null ? "?" : number(row.freed_usd_month), row.confidence]);
    return card("reclaimable", "Reclaimable", `held against used in two weeks, with a fifth to spare, as of ${time(found.as_of)}`, el("p", {}, name(verdict)),
      rows.length ? table([["Service", "wide"], ["Cluster", ""], ["Tasks", "num"], ["Held", ""], ["CPU p50 / p95 / max", "num"], ["Memory p50 / p95 / max", "num"], ["Enough", ""], ["vCPU freed", "num"], ["USD a month", "num"], ["Confidence", "minor"]], rows, "stacked") : null,
      leftOut(found.groups - rows.length, "services are"),
      silent.length ? el("p", { class: "small soft" }, `No advice on ${silent.join(" and ")}.`) : null);
  }

  function witness(page) {
    if (!page.witness.length) return null;
    const rows = page.witness.map((row) => [`${row.capacity}, ${row.measure === "vcpu" ? "vCPU" : row.measure}`, number(row.ours), row.theirs === null ? "not known" : number(row.theirs),
      row.difference === null ? "–" : (row.difference > 0 ? "+" : "") + number(row.difference), row.at ? time(row.at) : name(row.reason || "–")]);
    return card("witness", "AWS's own count", "AWS/Usage, some minutes behind; a difference needs a look and is not always an error",
      table([["What", ""], ["Ours", "num"], ["AWS", "num"], ["Difference", "num"], ["AWS's minute, UTC", "wide"]], rows, "stacked"));
  }

  return { unreadable, notes, clusters, costs, shares, drift, refused, hanging, headroom, isShort, profiles, reclaimable, witness };
})();
