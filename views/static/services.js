import { computed, signal } from "./vendor/signals.js";
import { call } from "./api.js";
import { invoiceFeed, truckFeed } from "./feed.js";
import { go, route } from "./router.js";

const AGAIN_MS = 2000;

/** The names of the agents that run here, null until the worker said so. */
const agents = signal(null);

export const runs = {
  invoices: computed(() => agents.value === null || agents.value.has("invoices")),
  trucking: computed(() => agents.value?.has("truck-positions") ?? false),
};

/** The feed that the page on show lives from. */
export const shownFeed = computed(() => (route.value.name === "trucks" || !runs.invoices.value ? truckFeed : invoiceFeed));

/** Asks which services this cluster runs, until it is told. */
export async function startServices() {
  for (;;) {
    try {
      const { data } = await call("/api/topology", { timeout: 5000 });
      agents.value = new Set(data.nodes.filter((node) => node.kind === "agent").map((node) => node.name));
      if (runs.invoices.value) return;
      invoiceFeed.stop();
      truckFeed.start();
      if (route.peek().name === "invoices" && runs.trucking.value) go("/trucks", { replace: true });
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}
