"use strict";
(() => {
  const main = document.querySelector("main[data-events]");
  const note = document.getElementById("live");
  if (!main || !note || !window.EventSource) return;
  let timer = 0, going = false, again = false;
  const mark = (one) => ["id", "href", "name", "value", "formaction"].map((key) => one.getAttribute(key)).join(" ");
  const swap = (old, fresh) => {
    if (old.outerHTML === fresh.outerHTML) return;
    const at = document.activeElement, inside = old.contains(at);
    if (inside && at.matches("input,select,textarea")) return;
    const put = document.importNode(fresh, true);
    old.replaceWith(put);
    if (inside) ([...put.querySelectorAll("a,button,summary")].find((one) => mark(one) === mark(at)) || main).focus();
  };
  const look = async () => {
    if (going || document.hidden) { again = true; return; }
    going = true; again = false;
    try {
      const answer = await fetch(location.href, {headers: {"X-Funnelbeat-Live": "1"}, redirect: "error"});
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const old of document.querySelectorAll("[data-live]")) {
        const fresh = page.getElementById(old.id);
        if (fresh) swap(old, fresh);
      }
    } catch { return; } finally { going = false; }
    if (again) soon();
  };
  const soon = () => { if (!timer) timer = setTimeout(() => { timer = 0; look(); }, 600); };
  document.addEventListener("visibilitychange", () => { if (again && !document.hidden) soon(); });
  const events = new EventSource(main.dataset.events);
  const say = (state) => { note.textContent = note.dataset[state]; note.dataset.state = state; };
  events.addEventListener("fact", soon);
  events.addEventListener("open", () => { say("on"); soon(); });
  events.addEventListener("error", () => say("off"));
})();
