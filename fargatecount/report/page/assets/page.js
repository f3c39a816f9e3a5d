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

  // What fails, or is about to: the first card of all. Each line leads to the card that has the details.
  function alerts(page) {
    if (!page.alerts.length) return null;
    const isRed = page.headline.standing === "critical";
    const jump = (card) => { const found = document.getElementById(card); if (found) { found.scrollIntoView({ block: "start" }); found.focus({ preventScroll: true }); } };
    return el("section", { class: `card ${isRed ? "red" : "amber"}`, id: "alerts", "aria-label": isRed ? "What fails or is about to" : "What needs a look" },
      el("ul", { class: "alerts" }, page.alerts.map((one) => el("li", { class: one.grade }, el("b", { class: "grade" }, one.grade === "critical" ? "critical" : "warning"), " ",
        el("button", { type: "button", class: "jump", id: `alert-${one.card}-${one.text.length}`, on: { click: () => jump(one.card) } }, name(one.text))))));
  }

  function headline(page) {
    const head = page.headline;
    const stat = (value, text) => el("span", {}, el("b", {}, value), " " + text);
    const some = (value) => (value === null ? "" : head.at_least ? "≥ " : head.complete ? "" : "~"), sized = (value) => (head.unsized && value !== null ? "≥ " : some(value));
    const worst = page.gauges.filter((one) => one.standing === "critical" || one.standing === "warning").sort((a, b) => b.percent - a.percent)[0];
    // Complete is green only if nothing else is wrong: a count without gaps is no comfort beside a quota at 166 %.
    const kind = !head.complete ? "amber" : head.standing === "ok" ? "good" : "known";
    const costAge = page.cost && page.cost.total_at ? Date.parse(page.at) - Date.parse(page.cost.total_at) : 0;
    return el("section", { class: "card", id: "headline", tabindex: "-1", "aria-label": "Now" },
      el("div", { class: "pills" }, el("span", { class: "pill " + kind, id: "complete" }, head.complete ? "✓ every cluster is counted" : "! not complete"),
        worst ? el("span", { class: "pill " + (worst.standing === "critical" ? "red" : "amber"), id: "worst" }, name(worst.title), ` at ${worst.used_at_least ? "≥ " : worst.exact ? "" : "~"}${number(worst.percent)} %`) : null),
      el("div", { class: "big" }, el("b", { id: "running" }, some(head.running) + whole(head.running)), el("span", {}, head.running === 1 ? "running workload" : "running workloads")),
      el("div", { class: "stats" }, stat(some(head.held) + whole(head.held), "held"), stat(sized(head.vcpu) + number(head.vcpu), "vCPU"), stat(sized(head.memory_gib) + number(head.memory_gib), "GiB"), stat(money(head), costAge > 0 ? `per hour, ${Dom.lasted(costAge)} ago` : "per hour")),
      head.complete ? null : el("ul", { class: "why", id: "why" }, head.why.map((text) => el("li", {}, name(text)))),
      head.unsized ? el("p", { class: "small soft" }, `${whole(head.unsized)} workloads have no known size yet: vCPU and GiB are at least this.`) : null);
  }

  // A lower bound of what is used is an upper bound of what is free.
  const free = (one) => (one.remaining < 0 ? `${one.used_at_least ? "≥ " : one.exact ? "" : "~"}${number(-one.remaining)} over` : `${one.used_at_least ? "≤ " : one.exact ? "" : "~"}${number(one.remaining)} free`);
  const gaugeWith = (marks) => function gauge(one) {
    const known = one.percent !== null, mark = one.used_at_least ? "≥ " : one.exact ? "" : "~";
    const bar = el("div", { class: "bar " + one.standing, role: "meter", "aria-label": one.title, "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": known ? Math.min(one.percent, 100).toFixed(1) : null, "aria-valuetext": known ? `${one.used_at_least ? "at least " : ""}${number(one.percent)} percent` : "not known" },
      known ? el("i", { css: { width: `${Math.min(one.percent, 100)}%` } }) : null, marks.map((at) => el("s", { css: { left: `${at}%` } })));
    const left = one.value === null ? "not known" : `${mark}${number(one.used)} of ${number(one.value)} ${one.unit}, ${free(one)}`;
    return el("div", { class: "gauge" },
      el("div", { class: "line" }, el("b", {}, name(one.title[0].toUpperCase() + one.title.slice(1))), el("span", { class: "percent " + one.standing }, known ? `${mark}${number(one.percent)} %` : "?")), bar,
      el("div", { class: "line small soft" }, el("span", {}, one.value === null ? `${mark}${number(one.used)} ${one.unit} used; the quota is not known` : left), el("span", {}, one.is_quota ? Links.quota(one.code, one.code) : one.code, `, ${one.source}`)),
      one.reason ? el("p", { class: "small soft" }, name(one.reason)) : null);
  }

  const gauges = (page) => el("section", { class: "card", id: "gauges", tabindex: "-1", "aria-label": "Quotas and limits" }, page.gauges.length ? [page.gauges.map(gaugeWith(page.marks)), page.limits_left_out ? el("p", { class: "small soft" }, `${whole(page.limits_left_out)} more limits of yours are used less.`) : null] : el("p", { class: "soft" }, "No quota has been read yet."));

  function about(page) {
    const { digest } = page;
    return el("footer", { class: "about" },
      el("span", {}, `Drawn from ${page.sources.join(" and ")}` + (digest.dry_runs ? `; ${whole(digest.dry_runs)} dry runs are left out` : "") + (digest.incomplete ? `; ${whole(digest.incomplete)} reports were not complete` : "") + ". Each point of the chart is the moment of its slot with the highest use."),
      page.cost ? el("span", {}, `Prices: ${page.cost.label}.`) : null, el("span", {}, "All times are UTC. Held: pending, running, stopping, and completed pods that are not deleted."));
  }

  const slots = Object.fromEntries(["top", "problem", "alerts", "hero", "filters", "urgent", "chart", "rest"].map((id) => [id, el("div", { "data-slot": id })]));
  for (const slot of Object.values(slots)) slot.style.display = "contents";
  slots.alerts.setAttribute("aria-live", "polite");
  main.append(...Object.values(slots));
  slots.chart.append(Charts.card());

  let last = first, failed = null;
  function show(page, failure) {
    Links.place(page.region);
    Filter.show(page);
    const scrolled = new Map([...main.querySelectorAll(".scroll")].map((one) => [one.parentElement.id, one.scrollLeft])), open = new Map([...main.querySelectorAll("details[id]")].map((one) => [one.id, one.open]));
    document.body.classList.toggle("stale", Boolean(failure));
    const fill = (slot, ...cards) => slots[slot].replaceChildren(...cards.flat().filter(Boolean));
    const warned = alerts(page);
    Dom.keepingFocus(() => {
      fill("top", top(page, failure));
      fill("problem", problem(failure));
      // Only a change is announced.
      if (slots.alerts.textContent !== (warned ? warned.textContent : "")) fill("alerts", warned);
      fill("hero", el("div", { class: "hero" }, headline(page), gauges(page)));
      const urgent = Tables.isShort(page); // what is about to fail stands above the chart
      fill("urgent", urgent && Tables.headroom(page), Tables.unreadable(page), Tables.hanging(page));
      fill("rest", Tables.clusters(page), Tables.costs(page), Past.cards(page), Tables.drift(page), Tables.refused(page), !urgent && Tables.headroom(page), Tables.profiles(page), Tables.reclaimable(page), el("div", { class: "two" }, Tables.shares(page), Tables.witness(page)), Tables.notes(page), about(page));
    });
    main.querySelectorAll(".scroll").forEach((one) => { one.scrollLeft = scrolled.get(one.parentElement.id) || 0; });
    main.querySelectorAll("details[id]").forEach((one) => { one.open = open.get(one.id) ?? one.open; });
    document.title = `${whole(page.headline.running)} running, Fargate ${page.account} ${page.region}`;
    Charts.show(page);
    Sorting.forget();
  }
  slots.filters.append(Filter.card(() => show(last, failed)));

  async function again() {
    try {
      const answer = await fetch("page.json", { cache: "no-store" });
      const body = await answer.json();
      if (answer.ok) show((last = body), (failed = null));
      else show(last, (failed = body));
    } catch (error) {
      failed = { error: "fargatecount report --live does not answer", remedy: "start it again with the same --port; this page then continues" };
      show(last, failed);
    }
    window.setTimeout(again, last.refresh_ms);
  }

  show(first, null);
  if (first.refresh_ms) window.setTimeout(again, first.refresh_ms);
})();
