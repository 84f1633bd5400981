import { signal } from "./vendor/signals.js";
import { originId } from "./identity.js";

// The worker says `heartbeat` at least once a second. Longer silence is a dropped feed, whatever TCP still believes;
// what navigator.onLine believes counts even less, for the worker may be on this very machine.
const SILENCE_MS = 1900;
const GIVE_UP_MS = 10_000;
const REOPEN_MS = 1000;

/** "connecting" until first opened, then "live" or "lost"; `heard` is when this page last knew all there was, null if never. */
export const feed = signal({ state: "connecting", heard: null });
/** When the last invoice changed or command was answered, null before the first. */
export const lastEvent = signal(null);
/** Changes a second, smoothed. */
export const rate = signal(0);

const listeners = { "invoice-changed": new Set(), "command-result": new Set(), recovered: new Set() };
let source = null;
let lastId = "";
let beats = false; // a worker that never says it cannot be judged by its silence
let heard = null;
let counted = 0;

/** Calls back for "invoice-changed", "command-result" or "recovered" (the feed is back, a gap may lie behind). Returns how to stop. */
export function onFeed(kind, listener) {
  listeners[kind].add(listener);
  return () => listeners[kind].delete(listener);
}

function tell(kind, ...values) {
  for (const listener of listeners[kind]) listener(...values);
}

function alive() {
  heard = Date.now();
  if (feed.peek().state === "live") return;
  const back = feed.peek().state === "lost";
  feed.value = { state: "live", heard };
  if (back) tell("recovered");
}

function lost() {
  if (feed.peek().state !== "lost") feed.value = { state: "lost", heard };
}

function open() {
  // EventSource sends Last-Event-ID when it reconnects by itself, but not when made anew: then the query says it.
  const resume = lastId ? `&lastEventId=${encodeURIComponent(lastId)}` : "";
  source = new EventSource(`/api/events?origin=${originId}${resume}`);
  source.onopen = alive;
  source.onerror = () => {
    lost();
    // The worker refused: EventSource gives up by itself then, and so must be made anew.
    if (source.readyState === EventSource.CLOSED) setTimeout(open, REOPEN_MS);
  };
  source.addEventListener("heartbeat", (event) => {
    beats = true;
    lastId = event.lastEventId || lastId;
    alive();
  });
  // The worker could not keep up and left some out: what is shown is read anew.
  source.addEventListener("gap", () => tell("recovered"));
  for (const kind of ["invoice-changed", "command-result"]) {
    source.addEventListener(kind, (event) => {
      alive();
      lastId = event.lastEventId;
      lastEvent.value = Date.now();
      if (kind === "invoice-changed") counted += 1;
      tell(kind, JSON.parse(event.data));
    });
  }
}

export function startFeed() {
  open();
  // A feed that was silent but is still open speaks again by itself; one that stays silent is opened anew.
  setInterval(() => {
    const silent = heard === null ? 0 : Date.now() - heard;
    if (beats && silent > SILENCE_MS) lost();
    if (beats && silent > GIVE_UP_MS && source.readyState === EventSource.OPEN) {
      source.close();
      open();
    }
  }, 100);
  setInterval(() => {
    rate.value = rate.value < 0.05 && !counted ? 0 : rate.value * 0.6 + counted * 0.4;
    counted = 0;
  }, 1000);
}
