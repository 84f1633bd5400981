import { batch, signal } from "../vendor/signals.js";
import { call } from "../api.js";
import { orderFeed } from "../feed.js";
import { route } from "../router.js";

const MOST = 500;
const MOST_EARLY = 1000;
const BEAT_MS = 500;
const RANK = { CREATED: 0, VALIDATED: 1, FAILED: 1, SHIPPED: 2, CANCELLED: 2 };

/** loading, ready or error; `required`: the checks that an order needs, `limit` of what one reading asks for. */
export const reading = signal({ state: "loading", problem: null, required: [] });
/** The ids on the list, the latest first, and those that came since and wait to be let in. */
export const listed = signal([]);
export const waiting = signal([]);
/** Goes up while orders change, twice a second at most: counts follow it, not each order. */
export const beat = signal(0);

// One signal an order, so that a change draws one row anew: {order, checks: {type: validation}, placedAt, passed: {type: ms}}.
const entries = new Map();
// A check may be heard of before its order.
const early = new Map();
let fresh = new Set();
let changed = false;

export function orderOf(id) {
  if (!entries.has(id)) entries.set(id, signal(null));
  return entries.get(id);
}

/** How many of the orders on the list, and of those that wait, are in each state. */
export function counts() {
  void [beat.value, listed.value];
  const found = {};
  for (const entry of entries.values()) {
    const state = entry.peek()?.order.state;
    if (state) found[state] = (found[state] ?? 0) + 1;
  }
  return found;
}

/** Takes an order unless more is known of it: an answer to a slow call may be older than the feed. */
export function learn(order, checks = [], live = false) {
  const entry = orderOf(order.id);
  const before = entry.peek();
  const known = before?.order;
  const older = known && (RANK[known.state] > RANK[order.state] || (known.state === order.state && known.reasons.length > order.reasons.length));
  const said = [...checks, ...(early.get(order.id) ?? [])];
  early.delete(order.id);
  const missing = said.filter((check) => !before?.checks[check.checkType]);
  if (older && !missing.length) return;
  const placedAt = before ? before.placedAt : live && order.state === "CREATED" ? performance.now() : null;
  const next = { order: older ? known : order, checks: { ...before?.checks }, placedAt, took: { ...before?.took } };
  for (const check of missing) note(next, check);
  entry.value = next;
  changed = true;
  if (!before && !listed.peek().includes(order.id)) fresh.add(order.id);
}

function note(entry, check) {
  entry.checks[check.checkType] ??= check;
  if (entry.placedAt !== null) entry.took[check.checkType] ??= performance.now() - entry.placedAt;
}

function hear(check) {
  const entry = entries.get(check.orderId);
  const before = entry?.peek();
  if (!before) {
    early.set(check.orderId, [...(early.get(check.orderId) ?? []), check]);
    if (early.size > MOST_EARLY) early.delete(early.keys().next().value);
    return;
  }
  if (before.checks[check.checkType]) return;
  const next = { ...before, checks: { ...before.checks }, took: { ...before.took } };
  note(next, check);
  entry.value = next;
  changed = true;
}

export async function readOrders() {
  if (reading.peek().state === "error") reading.value = { ...reading.peek(), state: "loading" };
  try {
    const { data } = await call("/api/orders?limit=200");
    batch(() => {
      for (const { order, checks } of data.items) learn(order, checks);
      const read = data.items.map(({ order }) => order.id);
      const first = reading.peek().state !== "ready";
      for (const id of read) if (first) fresh.delete(id);
      if (first) listed.value = read;
      reading.value = { state: "ready", problem: null, required: data.required };
      settle();
    });
  } catch (problem) {
    reading.value = { ...reading.peek(), state: listed.peek().length ? "ready" : "error", problem };
  }
}

/** Puts an order on the list at once: who placed it wants to see it. */
export function showNow(id) {
  fresh.delete(id);
  listed.value = [id, ...listed.peek().filter((other) => other !== id)];
}

export function letIn() {
  const rest = listed.peek().filter((id) => !waiting.peek().includes(id));
  listed.value = trimmed([...waiting.peek(), ...rest]);
  waiting.value = [];
}

function trimmed(ids) {
  const kept = new Set([...ids.slice(0, MOST), route.peek().id]);
  for (const id of entries.keys()) if (!kept.has(id) && !waiting.peek().includes(id) && !fresh.has(id)) entries.delete(id);
  return ids.slice(0, MOST);
}

/** New orders come in at the top while one looks there; whoever has scrolled on keeps the place, and is told how many. */
function settle() {
  if (!fresh.size) return;
  const ids = [...fresh].reverse();
  fresh = new Set();
  waiting.value = [...ids, ...waiting.peek()].slice(0, MOST);
  const busy = document.activeElement?.closest(".orders") ?? document.querySelector(".orders tbody:hover");
  const top = document.querySelector(".order-list")?.getBoundingClientRect().top ?? 0;
  if (listed.peek().length < 8 || (top > 0 && !busy)) letIn();
}

/** Reads the orders and follows them. Returns how to stop. */
export function follow() {
  const ends = [
    orderFeed.on("orders", (orders) => batch(() => orders.forEach((order) => learn(order, [], true)))),
    orderFeed.on("checks", (checks) => batch(() => checks.forEach(hear))),
    orderFeed.on("recovered", readOrders),
  ];
  orderFeed.start();
  readOrders();
  const timer = setInterval(() => {
    if (!changed) return;
    changed = false;
    batch(() => {
      if (reading.peek().state === "ready") settle();
      beat.value += 1;
    });
  }, BEAT_MS);
  return () => {
    clearInterval(timer);
    ends.forEach((end) => end());
  };
}
