import { signal } from "../vendor/signals.js";
import { call } from "../api.js";
import { names, nameOf, onTruck } from "./fleet.js";

const KEPT = 60;
const AGAIN_MS = 1000;

/**
 * What is known of the truck or driver that the address names: {truck: {id, ...}, driver: {...}, events, trail, ...}.
 * `events`: [{position, event}], newest first; `trail`: a truck's positions, oldest first.
 */
export const selection = signal({});

/** Reads a truck's or driver's state and history, and follows it. Returns how to stop. */
export function select(kind, id) {
  let over = false;
  let timer = null;
  selection.value = { kind, id, loading: true, events: [], trail: [] };
  const change = (more) => !over && (selection.value = { ...selection.peek(), ...more });

  async function readState() {
    try {
      const { data, servedBy } = await call(`/api/${kind}s/${encodeURIComponent(id)}`);
      if (data.driver) names.set(data.driverId, nameOf(data.driver));
      change({ [kind]: { id, ...data }, servedBy, problem: null, loading: false });
    } catch (problem) {
      change({ problem, loading: false });
    }
  }
  async function readHistory() {
    try {
      const { data } = await call(`/api/${kind}s/${encodeURIComponent(id)}/events?limit=${KEPT}`);
      change({ events: data.items.toReversed(), trail: kind === "truck" ? data.items.map(({ event }) => event) : [], historyProblem: null, depth: data.depth });
    } catch (historyProblem) {
      change({ historyProblem });
    }
  }
  // Its state is asked for again when something of it happened, once a second at most.
  const again = () => (timer ??= setTimeout(() => {
    timer = null;
    readState();
  }, AGAIN_MS));

  const end = onTruck((truck, event) => {
    const mine = kind === "truck" ? truck?.id === id : !truck && String(event.driverId) === id;
    if (!mine || over) return;
    const { events, trail } = selection.peek();
    if (events.some((known) => known.event.correlationId === event.correlationId && known.event.timestamp === event.timestamp)) return;
    change({ events: [{ position: null, event }, ...events].slice(0, KEPT), trail: kind === "truck" ? [...trail, event].slice(-KEPT) : trail });
    again();
  });
  readState();
  readHistory();
  return () => {
    over = true;
    clearTimeout(timer);
    end();
    selection.value = {};
  };
}
