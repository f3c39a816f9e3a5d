"use strict";
// Addresses in the AWS console. A partition whose console has an address of another form has no links.
const Links = (() => {
  const { el, name } = Dom;
  const FORMS = [[/^cn-/, (region) => `${region}.console.amazonaws.cn`], [/^us-gov-/, (region) => `${region}.console.amazonaws-us-gov.com`],
    [/^(af|ap|ca|eu|il|me|mx|sa|us)-(?!iso)/, (region) => `${region}.console.aws.amazon.com`]];
  let region = "";
  const place = (next) => { region = next; };
  function address(path) {
    const form = FORMS.find(([pattern]) => pattern.test(region));
    return form ? `https://${form[1](region)}/${path}?region=${region}` : null;
  }
  const of = (href, shown) => (href ? el("a", { href, class: "out", target: "_blank", rel: "noopener noreferrer" }, shown) : shown);
  // A cluster by its key: ECS-web, EKS-prod.
  const pathOf = (key) => (key.startsWith("ECS-") ? `ecs/v2/clusters/${encodeURIComponent(key.slice(4))}` : `eks/clusters/${encodeURIComponent(key.slice(4))}`);
  const cluster = (key) => of(address(pathOf(key) + (key.startsWith("ECS-") ? "/services" : "")), name(key));
  // A group as documents name it: service:web, family:batch, shop/api; `plain` names are those of services.
  function group(key, text, plain) {
    const service = plain ? text : text && text.startsWith("service:") ? text.slice(8) : null;
    return service && key && key.startsWith("ECS-") ? of(address(`${pathOf(key)}/services/${encodeURIComponent(service)}/health`), name(text)) : name(text || "–");
  }
  const workload = (key, id) => {
    const shown = el("span", { class: "mono" }, id);
    return key.startsWith("ECS-") ? of(address(`${pathOf(key)}/tasks/${encodeURIComponent(id)}/configuration`), shown) : shown;
  };
  const quota = (code, shown) => (code && /^L-[0-9A-F]+$/.test(code) ? of(address(`servicequotas/home/services/fargate/quotas/${code}`), shown) : shown);
  return { place, cluster, group, workload, quota };
})();
