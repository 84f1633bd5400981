import { batch, signal } from "./vendor/signals.js";
import { call } from "./api.js";
import { onFeed } from "./feed.js";
import { route } from "./router.js";
import { forget, isKnown, learn } from "./snapshots.js";

const PAGE = 100;
const MOST_WAITING = 1000;
// So short a list has nothing to scroll away from under the reader: new rows go straight in.
const SHORT = 12;

/** The invoices on show: ids in order, and how far the list was read. `state`: idle, loading, ready, error. */
export const list = signal({ state: "idle", status: "", ids: [], cursor: null, missing: [], readAt: 0, problem: null, more: false });
/** Ids that came up meanwhile and wait until asked for, newest first. */
export const waiting = signal([]);

let turn = 0;
const shown = new Set();

export async function load(status) {
  const mine = ++turn;
  shown.clear();
  waiting.value = [];
  list.value = { ...list.value, state: "loading", status, ids: [], cursor: null, missing: [], problem: null };
  await read(mine, null);
}

export async function loadMore() {
  if (list.value.more || !list.value.cursor) return;
  list.value = { ...list.value, more: true };
  await read(turn, list.value.cursor);
}

async function read(mine, cursor) {
  const query = new URLSearchParams({ limit: PAGE, partial: "true" });
  if (list.value.status) query.set("status", list.value.status);
  if (cursor) query.set("cursor", cursor);
  try {
    const { data } = await call(`/api/invoices?${query}`);
    if (mine !== turn) return;
    batch(() => {
      for (const snapshot of data.items) learn(snapshot);
      const fresh = data.items.map((snapshot) => snapshot.invoiceId).filter((id) => !shown.has(id));
      for (const id of fresh) shown.add(id);
      const ids = [...list.value.ids, ...fresh];
      list.value = { ...list.value, state: "ready", ids, cursor: data.cursor ?? null, missing: data.missing ?? [], readAt: Date.now(), problem: null, more: false };
      waiting.value = waiting.value.filter((id) => !shown.has(id));
    });
  } catch (problem) {
    if (mine !== turn) return;
    list.value = { ...list.value, state: list.value.ids.length ? "ready" : "error", problem, more: false };
  }
}

export function showWaiting() {
  const ids = waiting.value.filter((id) => !shown.has(id));
  for (const id of ids) shown.add(id);
  batch(() => {
    list.value = { ...list.value, ids: [...ids, ...list.value.ids] };
    waiting.value = [];
  });
}

/** Puts one's own new invoice on top at once: who made it looks for it. */
export function showNow(id) {
  if (shown.has(id)) return;
  shown.add(id);
  batch(() => {
    list.value = { ...list.value, ids: [id, ...list.value.ids] };
    waiting.value = waiting.value.filter((other) => other !== id);
  });
}

// A cluster may decide thousands of commands a second: the page takes what came together four times a second.
let arrived = new Map();
let flushing = null;

function flush() {
  flushing = null;
  const changes = arrived;
  arrived = new Map();
  batch(() => {
    const fresh = [];
    for (const [id, snapshot] of changes) {
      const fits = !list.value.status || list.value.status === snapshot.status;
      if (!shown.has(id) && fits) fresh.push(id);
      if (shown.has(id) || fits || isKnown(id)) learn(snapshot);
    }
    if (!fresh.length || list.value.state !== "ready") return;
    const seen = new Set(waiting.value);
    waiting.value = [...fresh.filter((id) => !seen.has(id)).reverse(), ...waiting.value].slice(0, MOST_WAITING);
    // What fell off the end of those that wait need not be known either: a page may stay open for days.
    if (waiting.value.length === MOST_WAITING) forget(new Set([...shown, ...waiting.value, route.peek().id]));
    if (list.value.ids.length < SHORT && !list.value.cursor) showWaiting();
  });
}

export function startList() {
  onFeed("invoice-changed", (snapshot) => {
    arrived.set(snapshot.invoiceId, snapshot);
    flushing ??= setTimeout(flush, 250);
  });
  // Last-Event-ID fills a short gap; after a long one the feed may not reach back far enough, so the top is read again.
  onFeed("recovered", () => {
    if (list.value.state === "error") load(list.value.status);
  });
}
