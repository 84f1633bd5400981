import { html } from "./html.js";
import { render } from "./vendor/preact.js";
import { startCluster } from "./cluster.js";
import { invoiceFeed } from "./feed.js";
import { Frame } from "./frame.js";
import { startList } from "./list.js";
import { route, startRouter } from "./router.js";
import { startServices } from "./services.js";
import { startKeys } from "./keys.js";
import { DeadLetters } from "./pages/deadletters.js";
import { InvoicePage } from "./pages/invoice.js";
import { Invoices } from "./pages/invoices.js";
import { Nowhere } from "./pages/nowhere.js";
import { later } from "./pages/later.js";
import { Topology } from "./pages/topology.js";
import { Workers } from "./pages/workers.js";

const Trucks = later("Trucks", () => import("./pages/trucks.js"));
const Orders = later("Orders", () => import("./pages/orders.js"));
const PAGES = { invoices: Invoices, invoice: InvoicePage, trucks: Trucks, orders: Orders, workers: Workers, topology: Topology, "dead-letters": DeadLetters };

function App() {
  const { name, id } = route.value;
  const Page = PAGES[name] ?? Nowhere;
  const key = name === "orders" ? name : `${name} ${id ?? ""}`; // an order opens beside the list, which stays
  return html`<${Frame}><${Page} key=${key} id=${id} /><//>`;
}

startRouter();
startKeys();
startList();
invoiceFeed.start();
startServices();
startCluster();
render(html`<${App} />`, document.getElementById("app"));
document.getElementById("shell").remove();
