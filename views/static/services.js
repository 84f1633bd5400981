import { computed, signal } from "./vendor/signals.js";
import { call } from "./api.js";
import { invoiceFeed, orderFeed, truckFeed } from "./feed.js";
import { go, route } from "./router.js";

const AGAIN_MS = 2000;
const FEEDS = { trucks: truckFeed, orders: orderFeed };

/** The names of the agents that run here, null until the worker said so. */
const agents = signal(null);

export const runs = {
  invoices: computed(() => agents.value === null || agents.value.has("invoices")),
  trucking: computed(() => agents.value?.has("truck-positions") ?? false),
  orders: computed(() => agents.value?.has("order-details") ?? false),
};

/** The feed that runs all the time: that of the first service there is. */
export const mainFeed = computed(() => (runs.invoices.value ? invoiceFeed : runs.trucking.value ? truckFeed : orderFeed));

/** The feed that the page on show lives from. */
export const shownFeed = computed(() => FEEDS[route.value.name] ?? mainFeed.value);

/** Asks which services this cluster runs, until it is told. */
export async function startServices() {
  for (;;) {
    try {
      const { data } = await call("/api/topology", { timeout: 5000 });
      agents.value = new Set(data.nodes.filter((node) => node.kind === "agent").map((node) => node.name));
      if (runs.invoices.value) return;
      invoiceFeed.stop();
      mainFeed.value.start();
      const first = runs.trucking.value ? "/trucks" : runs.orders.value ? "/orders" : null;
      if (route.peek().name === "invoices" && first) go(first, { replace: true });
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}
