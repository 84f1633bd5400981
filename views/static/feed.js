import { signal } from "./vendor/signals.js";
import { originId } from "./identity.js";

// The worker says `heartbeat` at least once a second. Longer silence is a dropped feed, whatever TCP still believes;
// what navigator.onLine believes counts even less, for the worker may be on this very machine.
const SILENCE_MS = 1900;
const GIVE_UP_MS = 10_000;
const REOPEN_MS = 1000;

/**
 * A live feed of the worker's. `state`: "connecting" until first opened, then "live" or "lost"; `heard` is when this page
 * last knew all there was, null if never. `last`: when something last happened, null before the first. `rate`: changes
 * a second, smoothed; an event whose data is a list counts as many.
 */
export class Feed {
  #url;
  #kinds;
  #counted;
  #listeners;
  #source = null;
  #timers = [];
  #lastId = "";
  #beats = false; // a worker that never says it cannot be judged by its silence
  #heard = null;
  #count = 0;

  constructor(url, kinds, counted) {
    this.#url = url;
    this.#kinds = kinds;
    this.#counted = counted;
    this.#listeners = Object.fromEntries([...kinds, "recovered"].map((kind) => [kind, new Set()]));
    this.state = signal({ state: "connecting", heard: null });
    this.last = signal(null);
    this.rate = signal(0);
  }

  /** Calls back for an event of this kind, or "recovered": the feed is back, a gap may lie behind. Returns how to stop. */
  on(kind, listener) {
    this.#listeners[kind].add(listener);
    return () => this.#listeners[kind].delete(listener);
  }

  start() {
    if (this.#timers.length) return;
    this.#open();
    this.#timers = [setInterval(() => this.#watch(), 100), setInterval(() => this.#measure(), 1000)];
  }

  /** Ends it; what it knew of its place is forgotten, so that whoever starts it again reads anew what is shown. */
  stop() {
    this.#timers.forEach(clearInterval);
    this.#timers = [];
    this.#source?.close();
    this.#lastId = "";
    this.#beats = false;
    this.#heard = null;
    this.state.value = { state: "connecting", heard: null };
    this.rate.value = 0;
  }

  #tell(kind, ...values) {
    for (const listener of this.#listeners[kind]) listener(...values);
  }

  #alive() {
    this.#heard = Date.now();
    if (this.state.peek().state === "live") return;
    const back = this.state.peek().state === "lost";
    this.state.value = { state: "live", heard: this.#heard };
    if (back) this.#tell("recovered");
  }

  #lost() {
    if (this.state.peek().state !== "lost") this.state.value = { state: "lost", heard: this.#heard };
  }

  #open() {
    // EventSource sends Last-Event-ID when it reconnects by itself, but not when made anew: then the query says it.
    const mark = this.#url.includes("?") ? "&" : "?";
    const source = new EventSource(this.#url + (this.#lastId ? `${mark}lastEventId=${encodeURIComponent(this.#lastId)}` : ""));
    this.#source = source;
    source.onopen = () => this.#alive();
    source.onerror = () => {
      this.#lost();
      // The worker refused: EventSource gives up by itself then, and so must be made anew.
      if (source.readyState === EventSource.CLOSED) setTimeout(() => this.#timers.length && this.#source === source && this.#open(), REOPEN_MS);
    };
    source.addEventListener("heartbeat", (event) => {
      this.#beats = true;
      this.#lastId = event.lastEventId || this.#lastId;
      this.#alive();
    });
    // The worker could not keep up and left some out: what is shown is read anew.
    source.addEventListener("gap", () => this.#tell("recovered"));
    for (const kind of this.#kinds) {
      source.addEventListener(kind, (event) => {
        this.#alive();
        this.#lastId = event.lastEventId;
        this.last.value = Date.now();
        const data = JSON.parse(event.data);
        if (kind === this.#counted) this.#count += Array.isArray(data) ? data.length : 1;
        this.#tell(kind, data);
      });
    }
  }

  /** A feed that was silent but is still open speaks again by itself; one that stays silent is opened anew. */
  #watch() {
    const silent = this.#heard === null ? 0 : Date.now() - this.#heard;
    if (this.#beats && silent > SILENCE_MS) this.#lost();
    if (this.#beats && silent > GIVE_UP_MS && this.#source.readyState === EventSource.OPEN) {
      this.#source.close();
      this.#open();
    }
  }

  #measure() {
    this.rate.value = this.rate.value < 0.05 && !this.#count ? 0 : this.rate.value * 0.6 + this.#count * 0.4;
    this.#count = 0;
  }
}

export const invoiceFeed = new Feed(`/api/events?origin=${originId}`, ["invoice-changed", "command-result"], "invoice-changed");
export const truckFeed = new Feed("/api/trucks/stream", ["trucks", "dangerous", "window"], "trucks");
export const orderFeed = new Feed("/api/orders/stream", ["orders", "checks", "payments", "emails"], "orders");

/** The invoices' feed, as their pages know it. */
export const { state: feed, last: lastEvent, rate } = invoiceFeed;

export function onFeed(kind, listener) {
  return invoiceFeed.on(kind, listener);
}
