import { computed, effect, signal } from "../vendor/signals.js";
import { cluster } from "../cluster.js";

/** Records a second that each agent takes in over all workers, smoothed; null until there is something to compare. */
export const rates = signal(null);

/** How each agent fares: {ready, all, lag}. */
export const tasksOf = computed(() => {
  const found = {};
  const active = (cluster.value.workers ?? []).flatMap((worker) => worker.tasks.filter((task) => task.role === "active"));
  const partitions = Math.max(0, ...active.map((task) => task.partition + 1));
  for (const { agent, state, lag } of active) {
    found[agent] ??= { ready: 0, all: partitions, lag: 0 };
    found[agent].ready += state === "ready" ? 1 : 0;
    found[agent].lag += lag ?? 0;
  }
  return found;
});

let before = null;

// A worker counts from its start: one that is new, or was started again, has nothing to compare yet.
effect(() => {
  const { workers, at } = cluster.value;
  if (!workers || at === before?.at) return;
  const counted = new Map(workers.filter((worker) => worker.pid !== null).map((worker) => [`${worker.url} ${worker.pid}`, worker.records ?? {}]));
  if (before && at > before.at) {
    const came = {};
    for (const [worker, records] of counted) {
      const known = before.counted.get(worker);
      for (const agent of known ? Object.keys(records) : []) came[agent] = (came[agent] ?? 0) + records[agent] - (known[agent] ?? 0);
    }
    const seconds = (at - before.at) / 1000;
    const last = rates.peek() ?? {};
    const names = new Set([...Object.keys(came), ...Object.keys(last)]);
    rates.value = Object.fromEntries([...names].map((agent) => {
      const rate = (came[agent] ?? 0) / seconds;
      const smooth = agent in last ? last[agent] * 0.4 + rate * 0.6 : rate;
      return [agent, smooth < 0.05 ? 0 : smooth];
    }));
  }
  before = { at, counted };
});
