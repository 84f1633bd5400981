import { signal } from "../vendor/signals.js";
import { call } from "../api.js";
import { truckFeed } from "../feed.js";
import { project } from "./albers.js";
import { isDangerous } from "./kinds.js";

const MOST = 10_000;
const RECENT = 40;
const BEAT_MS = 1000;
const [FASTEST_MS, SLOWEST_MS] = [200, 2500];
// Further than a truck can have come between two events, in units of the map: it is put there, not driven.
const JUMP = 40;

/**
 * Every truck by id. Plain objects, no signals: the map draws them frame by frame, and what is a table follows `beat`.
 * x, y: where it drives to on the map, from fromX, fromY at `since`, taking `takes` ms; null when it is off the map.
 */
export const fleet = new Map();
/** loading, ready or error; `missing`: partitions that nobody answered for. */
export const reading = signal({ state: "loading", problem: null, missing: [], more: false });
/** Goes up once a second while anything changes: lists and figures follow it, not each event. */
export const beat = signal(0);
/** The last dangerous events, newest first. */
export const alarms = signal([]);
/** Driver id -> name, as far as any answer told it. */
export const names = new Map();

const watchers = new Set();
let changed = false;
let fresh = [];

/** Calls back with (truck, position) for each that moved, and with (null, event) for a dangerous event. Returns how to stop. */
export function onTruck(watcher) {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

export function nameOf(driver) {
  return driver && [driver.firstName, driver.lastName].filter(Boolean).join(" ");
}

export async function readFleet() {
  if (reading.peek().state === "error") reading.value = { ...reading.peek(), state: "loading" };
  try {
    const { data } = await call(`/api/trucks?limit=${MOST}&partial=true`);
    for (const { last, events, dangerous, byType } of data.items) {
      const truck = move(last);
      if (truck) Object.assign(truck, { events, dangerous, byType, countedTo: last.timestamp });
    }
    reading.value = { state: "ready", problem: null, missing: data.missing ?? [], more: Boolean(data.cursor) };
  } catch (problem) {
    reading.value = { ...reading.peek(), state: fleet.size ? "ready" : "error", problem };
  }
  beat.value += 1;
}

/** Takes a position in; gives its truck, or nothing when a newer one is known. */
function move(position) {
  const id = String(position.truckId);
  const now = performance.now();
  let truck = fleet.get(id);
  if (!truck) {
    if (fleet.size >= MOST) return undefined;
    truck = { id, events: 0, dangerous: 0, byType: {}, countedTo: 0, lastOf: {}, at: -1, x: null, y: null, fromX: 0, fromY: 0, since: now, takes: 0 };
    fleet.set(id, truck);
  }
  if (position.timestamp < truck.at) return truck;
  const gap = truck.at < 0 ? 0 : Math.min(SLOWEST_MS, Math.max(FASTEST_MS, now - truck.since));
  const [fromX, fromY] = placeOf(truck, now);
  const place = project(position.longitude, position.latitude);
  const far = !place || truck.x === null || Math.hypot(place[0] - fromX, place[1] - fromY) > JUMP;
  truck.x = place ? place[0] : null;
  truck.y = place ? place[1] : null;
  truck.fromX = far ? truck.x : fromX;
  truck.fromY = far ? truck.y : fromY;
  // The next event comes about as long after this one as this after the last: the truck arrives as it comes.
  truck.takes = truck.takes ? truck.takes * 0.6 + gap * 0.4 : gap;
  truck.since = now;
  truck.at = position.timestamp;
  truck.type = position.eventType;
  truck.driverId = String(position.driverId);
  truck.routeId = position.routeId;
  truck.latitude = position.latitude;
  truck.longitude = position.longitude;
  truck.lastOf[position.eventType] = Date.now();
  return truck;
}

/** Where a truck is on the map at a time of performance.now(). */
export function placeOf(truck, now) {
  const share = truck.takes ? Math.min(1, (now - truck.since) / truck.takes) : 1;
  return [truck.fromX + (truck.x - truck.fromX) * share, truck.fromY + (truck.y - truck.fromY) * share];
}

function moved(positions) {
  for (const position of positions) {
    const truck = move(position);
    if (truck) for (const watcher of watchers) watcher(truck, position);
  }
  changed = true;
}

function alarmed(event) {
  const truck = fleet.get(String(event.truckId));
  if (event.driver) names.set(String(event.driverId), nameOf(event.driver));
  if (truck) {
    truck.lastOf[event.eventType] = Date.now();
    if (event.timestamp > truck.countedTo) {
      truck.dangerous += 1;
      truck.byType[event.eventType] = (truck.byType[event.eventType] ?? 0) + 1;
    }
  }
  for (const watcher of watchers) watcher(null, event);
  fresh.push(event);
  changed = true;
}

/** Reads the trucks and follows them. Returns how to stop. */
export function follow() {
  const ends = [
    truckFeed.on("trucks", moved),
    truckFeed.on("dangerous", (event) => isDangerous(event.eventType) && alarmed(event)),
    truckFeed.on("recovered", readFleet),
  ];
  truckFeed.start();
  readFleet();
  const timer = setInterval(() => {
    if (fresh.length) alarms.value = [...fresh, ...alarms.peek()].sort((a, b) => b.timestamp - a.timestamp).slice(0, RECENT);
    fresh = [];
    if (changed) beat.value += 1;
    changed = false;
  }, BEAT_MS);
  return () => {
    clearInterval(timer);
    ends.forEach((end) => end());
  };
}
