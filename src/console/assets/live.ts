// Keeps a page's live parts as they are now: when the gate says that something changed, the page is asked for once more, and
// the parts that differ are put in the place of the old ones. What a person has opened, or is about to press, stays.
export const LIVE = `"use strict";
const bar = document.querySelector("[data-live-bar]");
if (bar !== null) {
  const state = bar.querySelector("[data-live-state]");
  const button = bar.querySelector("button");
  let source, paused = false, asking = false, again = false;

  bar.hidden = false;
  button.addEventListener("click", () => {
    paused = !paused;
    button.textContent = paused ? "Go on" : "Pause";
    if (paused) stop("Paused"); else start();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) stop("Paused"); else if (!paused) start();
  });
  start();

  function start() {
    stop("Connecting");
    source = new EventSource("/console/events");
    source.addEventListener("open", () => { show("Live"); refresh(); });
    source.addEventListener("error", () => show("Reconnecting"));
    source.addEventListener("changed", refresh);
    source.addEventListener("beat", refresh);
  }

  function stop(text) {
    if (source !== undefined) source.close();
    source = undefined;
    show(text);
  }

  function show(text) {
    if (state.textContent !== text) state.textContent = text;
    bar.dataset.liveBar = text.toLowerCase();
  }

  async function refresh() {
    if (asking) { again = true; return; }
    asking = true;
    try {
      const answer = await fetch(location.href, { redirect: "manual" });
      if (answer.type === "opaqueredirect") { stop("Signed out"); return; }
      if (!answer.ok || source === undefined) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      document.title = page.title;
      for (const old of document.querySelectorAll("[data-live]")) {
        const fresh = page.getElementById(old.id);
        if (fresh !== null) renew(old, fresh);
      }
    } catch {
      // the stream says when the gate is there again
    } finally {
      asking = false;
      if (again) { again = false; setTimeout(refresh, 250); }
    }
  }

  function renew(old, fresh) {
    if (old.hasAttribute("data-keyed")) return renewKeyed(old, fresh);
    if (old.innerHTML === fresh.innerHTML) return;
    if (isInUse(old)) return;
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    keepOpen(old, fresh);
    old.replaceChildren(...document.importNode(fresh, true).childNodes);
    if (focused === null) return;
    const href = focused.getAttribute("href");
    const same = focused.id !== "" ? document.getElementById(focused.id)
      : href === null ? null : [...old.querySelectorAll("a")].find((one) => one.getAttribute("href") === href);
    if (same) same.focus({ preventScroll: true });
  }

  // each child by its id: one that is in use is left alone, unless what it is about has changed
  function renewKeyed(old, fresh) {
    const now = [...fresh.children];
    for (const child of [...old.children]) {
      const next = now.find((one) => one.id === child.id);
      if (next === undefined) child.remove();
      else if (next.dataset.version !== child.dataset.version || !isInUse(child)) {
        keepOpen(child, next);
        if (next.outerHTML !== child.outerHTML) child.replaceWith(document.importNode(next, true));
      }
    }
    now.forEach((one, index) => {
      if (document.getElementById(one.id) === null)
        old.insertBefore(document.importNode(one, true), old.children[index] ?? null);
    });
  }

  function keepOpen(old, fresh) {
    const isOpen = new Set([...old.querySelectorAll("details[open][id]")].map((one) => one.id));
    for (const one of fresh.querySelectorAll("details[id]")) if (isOpen.has(one.id)) one.open = true;
  }

  function isInUse(part) {
    const active = document.activeElement;
    if (active !== null && part.contains(active) && active.matches("input, textarea, select, button")) return true;
    return [...part.querySelectorAll("input:not([type=hidden]), textarea")].some((one) => one.value !== one.defaultValue);
  }
}
`;
