"use strict";
// What a reader has chosen, kept in the address after "#": a link or a reload shows the same, and a live page keeps it when it is drawn again.
const Address = (() => {
  const all = () => new URLSearchParams(location.hash.slice(1));
  const get = (key) => all().get(key);
  // Each change is one of several keys; null removes a key.
  function keep(changes) {
    const chosen = all();
    for (const [key, value] of Object.entries(changes)) if (value === null || value === "") chosen.delete(key); else chosen.set(key, value);
    history.replaceState(null, "", chosen.size ? "#" + chosen : location.pathname + location.search);
  }
  return { get, keep };
})();
