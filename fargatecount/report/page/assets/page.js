"use strict";
// The page: its order, and the requests of a live page.
(() => {
  const { el, name, number, whole, money, time } = Dom;
  const main = document.getElementById("page");
  const first = JSON.parse(document.getElementById("data").textContent);

  function top(page, failure) {
    const when = page.refresh_ms ? [el("span", { class: "dot" }), failure ? `not up to date since ${time(page.at)} UTC` : `live, ${time(page.at)} UTC`] : [`as of ${time(page.at)} UTC`];
    return el("header", { class: "top" }, el("h1", {}, "Fargate"), el("span", { class: "place mono" }, `${page.account} ${page.region}`), el("span", { class: "when soft small", id: "when" }, when));
  }

  function problem(failure) {
    if (!failure) return null;
    return el("section", { class: "card red", id: "failure", role: "alert" }, el("h2", {}, "These numbers are not up to date"), el("p", {}, name(failure.error)), failure.remedy ? el("p", { class: "small" }, name(failure.remedy)) : null);
  }

  function headline(page) {
    const head = page.headline;
    const stat = (value, text) => el("span", {}, el("b", {}, value), " " + text);
    const some = (value) => (head.at_least && value !== null ? "≥ " : ""), sized = (value) => (head.unsized && value !== null ? "≥ " : some(value));
    const worst = page.gauges.filter((one) => one.standing === "critical" || one.standing === "warning").sort((a, b) => b.percent - a.percent)[0];
    return el("section", { class: "card", id: "headline" },
      el("div", { class: "pills" }, el("span", { class: "pill " + (head.complete ? "good" : "amber"), id: "complete" }, head.complete ? "✓ every cluster is counted" : "! not complete"),
        worst ? el("span", { class: "pill " + (worst.standing === "critical" ? "red" : "amber"), id: "worst" }, name(worst.title), ` at ${worst.used_at_least ? "≥ " : ""}${number(worst.percent)} %`) : null),
      el("div", { class: "big" }, el("b", { id: "running" }, some(head.running) + whole(head.running)), el("span", {}, head.running === 1 ? "running workload" : "running workloads")),
      el("div", { class: "stats" }, stat(some(head.held) + whole(head.held), "held"), stat(sized(head.vcpu) + number(head.vcpu), "vCPU"), stat(sized(head.memory_gib) + number(head.memory_gib), "GiB"), stat(money(head), "per hour")),
      head.complete ? null : el("ul", { class: "why", id: "why" }, head.why.map((text) => el("li", {}, name(text)))),
      head.unsized ? el("p", { class: "small soft" }, `${whole(head.unsized)} workloads have no known size yet: vCPU and GiB are at least this.`) : null);
  }

  // A lower bound of what is used is an upper bound of what is free.
  const free = (one) => (one.remaining < 0 ? `${one.used_at_least ? "≥ " : ""}${number(-one.remaining)} over` : `${one.used_at_least ? "≤ " : ""}${number(one.remaining)} free`);
  const gaugeWith = (marks) => function gauge(one) {
    const known = one.percent !== null, mark = one.used_at_least ? "≥ " : "";
    const bar = el("div", { class: "bar " + one.standing, role: "meter", "aria-label": one.title, "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": known ? Math.min(one.percent, 100).toFixed(1) : null, "aria-valuetext": known ? `${one.used_at_least ? "at least " : ""}${number(one.percent)} percent` : "not known" },
      known ? el("i", { css: { width: `${Math.min(one.percent, 100)}%` } }) : null, marks.map((at) => el("s", { css: { left: `${at}%` } })));
    const left = one.value === null ? "not known" : `${mark}${number(one.used)} of ${number(one.value)} ${one.unit}, ${free(one)}`;
    return el("div", { class: "gauge" },
      el("div", { class: "line" }, el("b", {}, name(one.title[0].toUpperCase() + one.title.slice(1))), el("span", { class: "percent " + one.standing }, known ? `${mark}${number(one.percent)} %` : "?")), bar,
      el("div", { class: "line small soft" }, el("span", {}, one.value === null ? `${mark}${number(one.used)} ${one.unit} used; the quota is not known` : left), el("span", {}, [one.code, one.source].filter(Boolean).join(", "))),
      one.reason ? el("p", { class: "small soft" }, name(one.reason)) : null);
  }

  const gauges = (page) => el("section", { class: "card", id: "gauges" }, page.gauges.length ? [page.gauges.map(gaugeWith(page.marks)), page.limits_left_out ? el("p", { class: "small soft" }, `${whole(page.limits_left_out)} more limits of yours are used less.`) : null] : el("p", { class: "soft" }, "No quota has been read yet."));

  function about(page) {
    const { digest } = page;
    return el("footer", { class: "about" },
      el("span", {}, `Drawn from ${page.sources.join(" and ")}` + (digest.dry_runs ? `; ${whole(digest.dry_runs)} dry runs are left out` : "") + (digest.incomplete ? `; ${whole(digest.incomplete)} reports were not complete` : "") + ". Each point of the chart is the moment of its slot with the highest use."),
      page.cost ? el("span", {}, `Prices: ${page.cost.label}.`) : null, el("span", {}, "All times are UTC. Held: pending, running, stopping, and completed pods that are not deleted."));
  }

  const slots = ["top", "problem", "hero", "urgent"].map((id) => el("div", { "data-slot": id })), rest = el("div", { "data-slot": "rest" });
  for (const slot of [...slots, rest]) slot.style.display = "contents";
  main.append(...slots, Charts.card(), rest);

  function show(page, failure) {
    const scrolled = [...main.querySelectorAll(".scroll")].map((one) => one.scrollLeft);
    document.body.classList.toggle("stale", Boolean(failure));
    slots[0].replaceChildren(top(page, failure));
    slots[1].replaceChildren(...[problem(failure)].filter(Boolean));
    slots[2].replaceChildren(el("div", { class: "hero" }, headline(page), gauges(page)));
    const urgent = Tables.isShort(page); // what is about to fail stands above the chart
    slots[3].replaceChildren(...[urgent && Tables.headroom(page), Tables.unreadable(page)].filter(Boolean));
    rest.replaceChildren(...[Tables.clusters(page), el("div", { class: "two" }, Tables.costs(page), Tables.shares(page)), Tables.drift(page), Tables.refused(page), Tables.hanging(page), !urgent && Tables.headroom(page), Tables.profiles(page), Tables.reclaimable(page), Tables.witness(page), Tables.notes(page), about(page)].filter(Boolean));
    main.querySelectorAll(".scroll").forEach((one, i) => { one.scrollLeft = scrolled[i] || 0; });
    document.title = `${whole(page.headline.running)} running, Fargate ${page.account} ${page.region}`;
    Charts.show(page);
  }

  let last = first;
  async function again() {
    try {
      const answer = await fetch("page.json", { cache: "no-store" });
      const body = await answer.json();
      if (answer.ok) show((last = body), null);
      else show(last, body);
    } catch (error) {
      show(last, { error: "fargatecount report --live does not answer", remedy: "start it again with the same --port; this page then continues" });
    }
    window.setTimeout(again, last.refresh_ms);
  }

  show(first, null);
  if (first.refresh_ms) window.setTimeout(again, first.refresh_ms);
})();
