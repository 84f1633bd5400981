import { signal } from "./vendor/signals.js";

/**
 * What this page knows of each invoice: {snapshot, position, servedBy}, one signal an id, so that a change draws one
 * row anew and not the list. `position` and `servedBy` are of the latest answer; the feed does not say them.
 */
const known = new Map();

export function snapshotOf(id) {
  if (!known.has(id)) known.set(id, signal(null));
  return known.get(id);
}

export function isKnown(id) {
  return known.get(id)?.peek() != null;
}

/** Takes a snapshot unless a newer one is there: an answer to a slow call may be older than the feed. */
export function learn(snapshot, { position = null, servedBy = null } = {}) {
  const entry = snapshotOf(snapshot.invoiceId);
  const before = entry.peek();
  if (before && before.snapshot.version > snapshot.version) return;
  if (before && before.snapshot.version === snapshot.version && !position && !servedBy) return;
  entry.value = { snapshot, position: position ?? before?.position ?? null, servedBy: servedBy ?? before?.servedBy ?? null };
}

/** Forgets all invoices but those whose ids are in the set. */
export function forget(keep) {
  for (const id of known.keys()) if (!keep.has(id)) known.delete(id);
}
