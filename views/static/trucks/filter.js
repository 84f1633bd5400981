import { computed } from "../vendor/signals.js";
import { route } from "../router.js";
import { fleet, names } from "./fleet.js";
import { isDangerous, typeOf } from "./kinds.js";

/** How long a truck stays in a filter after an event of the type asked for, ms: the next event is Normal as a rule. */
export const REMEMBERED_MS = 60_000;

/** What the address asks for: `show` (a type's slug, "dangerous" or empty) and the words searched for. */
export const filter = computed(() => {
  const { show = "", q = "" } = route.value.query;
  return { show, type: typeOf(show), words: q.trim().toLowerCase().split(/\s+/).filter(Boolean) };
});

/** Whether an event's type is asked for. */
export function wants(type) {
  const { show, type: only } = filter.peek();
  return !show || (show === "dangerous" ? isDangerous(type) : type === only);
}

/** Whether a truck is: by what it sent in the last minute, and by the words in its ids and its driver's name. */
export function fits(truck, now = Date.now()) {
  const { show, words } = filter.peek();
  if (!show && !words.length) return true;
  if (show && show !== "normal" && !Object.entries(truck.lastOf).some(([type, at]) => now - at < REMEMBERED_MS && wants(type))) return false;
  if (show === "normal" && isDangerous(truck.type)) return false;
  if (!words.length) return true;
  const text = `truck ${truck.id} driver ${truck.driverId} route ${truck.routeId} ${names.get(truck.driverId) ?? ""} ${truck.type}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

/** The trucks on show, by id. */
export function chosen() {
  const now = Date.now();
  return [...fleet.values()].filter((truck) => fits(truck, now)).sort((a, b) => a.id.length - b.id.length || (a.id < b.id ? -1 : 1));
}
