import { computed, signal } from "./vendor/signals.js";
import { call } from "./api.js";

const EVERY_MS = 2000;

/** What GET /api/workers said last, and when; `problem` is why the latest call failed. */
export const cluster = signal({ workers: null, at: 0, problem: null });

// A task that nobody holds is in no worker's list: the page remembers how many partitions each agent has.
const partitionsOf = new Map();

export const tasks = computed(() => {
  const active = (cluster.value.workers ?? []).flatMap((worker) => worker.tasks.filter((task) => task.role === "active"));
  for (const task of active) partitionsOf.set(task.agent, Math.max(partitionsOf.get(task.agent) ?? 0, task.partition + 1));
  const most = Math.max(0, ...partitionsOf.values());
  return {
    ready: new Set(active.filter((task) => task.state === "ready").map((task) => `${task.agent}/${task.partition}`)).size,
    all: most * partitionsOf.size,
    partitions: most,
    agents: [...partitionsOf.keys()].sort(),
    lag: active.reduce((total, task) => total + (task.lag ?? 0), 0),
  };
});

async function ask() {
  try {
    const { data } = await call("/api/workers", { timeout: 5000 });
    cluster.value = { workers: data, at: Date.now(), problem: null };
  } catch (problem) {
    cluster.value = { ...cluster.value, problem };
  }
}

export async function startCluster() {
  for (;;) {
    if (!document.hidden) await ask();
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}
