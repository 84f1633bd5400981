import { signal } from "./vendor/signals.js";

const PAGES = [
  [/^\/$/, "invoices"],
  [/^\/invoices\/([^/]+)$/, "invoice"],
  [/^\/trucks$/, "trucks"],
  [/^\/orders(?:\/([^/]+))?$/, "orders"],
  [/^\/workers$/, "workers"],
  [/^\/topology$/, "topology"],
  [/^\/dead-letters$/, "dead-letters"],
];

function read() {
  const query = Object.fromEntries(new URLSearchParams(location.search));
  for (const [pattern, name] of PAGES) {
    const match = pattern.exec(location.pathname);
    if (match) return { name, id: match[1] && decodeURIComponent(match[1]), query, path: location.pathname };
  }
  return { name: "nowhere", query, path: location.pathname };
}

export const route = signal(read());

export function go(href, { replace = false } = {}) {
  if (replace) history.replaceState({ y: scrollY }, "", href);
  else {
    // Each entry remembers where it was scrolled to: the list comes back as it was left.
    history.replaceState({ y: scrollY }, "");
    history.pushState({ y: 0 }, "", href);
  }
  const before = route.value;
  route.value = read();
  const samePage = before.name === "orders" && route.value.name === "orders"; // an order opens beside the list
  if (!replace && before.path !== route.value.path && !samePage) scrollTo(0, 0);
}

/** The present address with some query parameters changed; null takes one away. */
export function withQuery(changes) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === "") query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  return location.pathname + (text && `?${text}`);
}

export function invoicePath(id) {
  return `/invoices/${encodeURIComponent(id)}`;
}

/** An order beside the list as it is filtered now; null is the list alone. */
export function orderPath(id) {
  const query = new URLSearchParams(location.search);
  query.delete("new");
  const text = query.toString();
  return `/orders${id === null ? "" : `/${encodeURIComponent(id)}`}${text && `?${text}`}`;
}

export function startRouter() {
  history.scrollRestoration = "manual";
  addEventListener("popstate", (event) => {
    route.value = read();
    requestAnimationFrame(() => requestAnimationFrame(() => scrollTo(0, event.state?.y ?? 0)));
  });
  addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href^='/']");
    const plain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
    if (!link || !plain || link.target || link.getAttribute("href").startsWith("/api/") || event.defaultPrevented) return;
    event.preventDefault();
    go(link.getAttribute("href"));
  });
}
