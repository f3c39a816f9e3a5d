"use strict";
// The page of an organization: all scopes by utilization, and one scope after a click. Which of them is shown stands in the address.
(() => {
  const { el, name, number, whole, time } = Dom, { table, card } = Tables;
  const main = document.getElementById("page");
  let page = JSON.parse(document.getElementById("data").textContent), failure = null;

  const key = (scope) => `${scope.account}/${scope.region}`;
  const chosen = () => page.scopes.find((scope) => key(scope) === Address.get("scope"));
  // The address with another scope; what was sorted and searched stays.
  function addressOf(scope) {
    const all = new URLSearchParams(location.hash.slice(1));
    if (scope) all.set("scope", key(scope)); else all.delete("scope");
    return "#" + all;
  }
  const marked = (scope, value, shown) => (value === null ? "?" : scope.mark + shown(value));
  const sum = (total, shown) => (total.exact ? "" : total.at_least === total.value ? "≥ " : "~") + shown(total.value);
  // What is not known comes before what is full: a number that may be wrong is no comfort.
  function state(scope) {
    const [kind, text] = scope.silent ? ["red", "silent"] : !scope.complete ? ["amber", "incomplete"] : scope.standing === "critical" ? ["red", "critical"] : scope.standing === "warning" ? ["amber", "near a quota"] : ["good", "ok"];
    return el("span", { class: "pill " + kind }, text);
  }
  const account = (one) => (one.account_name ? `${one.account_name} (${one.account})` : one.account);

  function bar(label, percent, standing, isAtLeast) {
    const known = percent !== null;
    return el("div", { class: "bar " + standing, role: "meter", "aria-label": label, "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": known ? Math.min(percent, 100).toFixed(1) : null, "aria-valuetext": known ? `${isAtLeast ? "at least " : ""}${number(percent)} percent` : "not known" },
      known ? el("i", { css: { width: `${Math.min(percent, 100)}%` } }) : null, page.marks.map((at) => el("s", { css: { left: `${at}%` } })));
  }

  function top(title) {
    const when = !page.refresh_ms ? [`as of ${time(page.at)} UTC`] : [el("span", { class: "dot" }), failure ? `not up to date since ${time(page.at)} UTC` : `live, ${time(page.at)} UTC`];
    return el("header", { class: "top" }, el("h1", {}, "Fargate"), el("span", { class: "place" }, title), el("span", { class: "when soft small", id: "when" }, when));
  }
  const problem = () => failure && el("section", { class: "card red", id: "failure", role: "alert" }, el("h2", {}, "These numbers are not up to date"), el("p", {}, name(failure.error)), failure.remedy ? el("p", { class: "small" }, name(failure.remedy)) : null);

  function headline() {
    const { total } = page, stat = (value, text) => el("span", {}, el("b", {}, value), " " + text);
    const pill = (many, kind, text) => (many ? el("span", { class: "pill " + kind }, `${whole(many)} ${text}`) : null);
    return el("section", { class: "card", id: "headline", "aria-label": "Now" },
      el("div", { class: "pills" }, el("span", { class: "pill " + (page.complete ? "good" : "amber"), id: "complete" }, page.complete ? "✓ every scope is counted" : "! not complete"),
        pill(total.critical, "red", "critical"), pill(total.warning, "amber", "near a quota"), pill(total.silent, "red", "silent"), pill(total.incomplete, "amber", "incomplete"), pill(total.unreported, "amber", total.unreported === 1 ? "account does not report" : "accounts do not report")),
      el("div", { class: "big" }, el("b", { id: "running" }, sum(total.running, whole)), el("span", {}, "running workloads")),
      el("div", { class: "stats" }, stat(sum(total.held, whole), "held"), stat(sum(total.vcpu, number), "vCPU"), stat(whole(total.scopes), total.scopes === 1 ? "scope" : "scopes"), stat(whole(total.accounts), total.accounts === 1 ? "account" : "accounts")));
  }

  function scopes() {
    const rows = page.scopes.map((scope) => () => [
      el("a", { class: "where", href: addressOf(scope) }, name(account(scope))), scope.region, name(scope.unit || "–"),
      marked(scope, scope.running, whole), marked(scope, scope.held, whole), marked(scope, scope.vcpu, number),
      el("div", { class: "used" }, el("span", {}, scope.percent === null ? "?" : `${scope.mark}${number(scope.percent)} %`), bar(`${account(scope)} ${scope.region}`, scope.percent, scope.standing, scope.mark === "≥")), state(scope)]);
    return card("scopes", "Accounts and Regions", "the nearest to its quota first",
      rows.length ? table([["Account", "wide"], ["Region", "region"], ["Unit", "minor"], ["Running", "num"], ["Held", "num minor"], ["vCPU", "num"], ["Highest quota", "num"], ["State", ""]], rows, "stacked") : el("p", { class: "soft" }, "No account has reported yet: deploy members with the setting hubBusArn."),
      page.scopes_left_out ? el("p", { class: "small soft" }, `${whole(page.scopes_left_out)} more are farther from their quotas; fargatecount status --organization -o csv has all.`) : null);
  }

  function unreported() {
    if (!page.unreported.length && !page.accounts_error) return null;
    const made = card("unreported", "Accounts that do not report", "nothing is known of them, and they are in no total",
      page.unreported.length ? table([["Account", "wide"], ["Unit", ""]], page.unreported.map((one) => [name(account(one)), name(one.unit || "–")]), "stacked") : null,
      page.accounts_error ? el("p", {}, name(`AWS Organizations could not be read, so accounts may be missing: ${page.accounts_error}`)) : el("p", { class: "small" }, "fargatecount count --organization looks into them by a read-only role."));
    made.classList.add("amber");
    return made;
  }

  function quotas(scope) {
    const lines = scope.quotas.map((one) => el("div", { class: "gauge" },
      el("div", { class: "line" }, el("b", {}, `${one.capacity} quota`), el("span", { class: "percent " + one.standing }, one.percent === null ? "?" : `${one.used_at_least ? "≥ " : scope.mark === "~" ? "~" : ""}${number(one.percent)} %`)),
      bar(`${one.capacity} quota`, one.percent, one.standing, one.used_at_least),
      el("div", { class: "line small soft" }, el("span", {}, one.value === null ? `${number(one.used)} vCPU used; the quota is not known` : `${number(one.used)} of ${number(one.value)} vCPU`), el("span", {}, one.code)),
      one.reason ? el("p", { class: "small soft" }, name(one.reason)) : null));
    return el("section", { class: "card", id: "gauges", "aria-label": "Quotas" }, lines.length ? lines : el("p", { class: "soft" }, "No quota has been read yet."));
  }

  function one(scope) {
    const stat = (value, text) => el("span", {}, el("b", {}, value), " " + text);
    const clusters = scope.clusters.map((each) => [name(each.cluster), whole(each.running), whole(each.held), number(each.vcpu), each.readable ? el("span", { class: "pill good" }, "ok") : [el("span", { class: "pill amber" }, "unreadable"), el("div", { class: "small" }, name([each.reason, each.remedy].filter(Boolean).join("; ")))]]);
    const services = (scope.services || []).map((each) => [name(each.service), name(each.cluster), whole(each.running), whole(each.held), number(each.vcpu)]);
    return [
      top(`${account(scope)} ${scope.region}`), problem(),
      el("nav", {}, el("a", { class: "back", href: addressOf(null), id: "back" }, "← all accounts and Regions")),
      el("div", { class: "hero" }, el("section", { class: "card", id: "headline", "aria-label": "Now" }, el("div", { class: "pills" }, state(scope)),
        el("div", { class: "big" }, el("b", { id: "running" }, marked(scope, scope.running, whole)), el("span", {}, "running workloads")),
        el("div", { class: "stats" }, stat(marked(scope, scope.held, whole), "held"), stat(marked(scope, scope.vcpu, number), "vCPU"), stat(marked(scope, scope.memory_gib, number), "GiB")),
        scope.why ? el("ul", { class: "why", id: "why" }, el("li", {}, name(scope.why))) : null,
        el("p", { class: "small soft" }, `Reported ${time(scope.reported_at)} UTC by release ${scope.fargatecount}.`)), quotas(scope)),
      card("clusters", "Clusters", null, clusters.length ? table([["Cluster", "wide"], ["Running", "num"], ["Held", "num"], ["vCPU", "num"], ["State", ""]], clusters, "stacked") : el("p", { class: "soft" }, "No cluster is known."),
        scope.clusters_left_out ? el("p", { class: "small soft" }, `${whole(scope.clusters_left_out)} more clusters are smaller.`) : null),
      services.length ? card("services", "Largest services", `as of ${time(scope.services_as_of)} UTC`, table([["Service, family or owner", "wide"], ["Cluster", ""], ["Running", "num"], ["Held", "num"], ["vCPU", "num"]], services, "stacked")) : null,
      el("section", { class: "card", id: "further" }, el("header", {}, el("h2", {}, "Look further")), el("p", { class: "small soft" }, "At the hub, and with credentials of that account the page of the scope itself:"),
        el("code", { class: "command", tabindex: "0" }, `fargatecount status --organization --account ${scope.account} --region ${scope.region}`), el("code", { class: "command", tabindex: "0" }, `fargatecount report --region ${scope.region} --since 1d --html scope.html`)),
    ];
  }

  function draw() {
    const scope = chosen();
    document.body.classList.toggle("stale", Boolean(failure));
    document.title = scope ? `${marked(scope, scope.running, whole)} running, Fargate ${scope.account} ${scope.region}` : `${sum(page.total.running, whole)} running, Fargate of the organization`;
    const parts = scope ? one(scope) : [top("of the organization"), problem(), el("div", { class: "hero single" }, headline()), scopes(), unreported(), el("footer", { class: "about" }, el("span", {}, "≥ is a lower bound, ~ includes last known counts. All times are UTC."))];
    Dom.keepingFocus(() => main.replaceChildren(...parts.filter(Boolean)));
    Sorting.forget();
  }

  async function again() {
    try {
      const answer = await fetch("page.json", { cache: "no-store" }), body = await answer.json();
      if (answer.ok) [page, failure] = [body, null]; else failure = body;
    } catch (error) {
      failure = { error: "the server of this page does not answer", remedy: "start it again with the same --port; this page then continues" };
    }
    draw();
    window.setTimeout(again, page.refresh_ms);
  }

  window.addEventListener("hashchange", () => { draw(); window.scrollTo(0, 0); });
  draw();
  if (page.refresh_ms) window.setTimeout(again, page.refresh_ms);
})();
