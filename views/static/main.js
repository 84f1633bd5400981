import { html } from "./html.js";
import { render } from "./vendor/preact.js";
import { startCluster } from "./cluster.js";
import { startFeed } from "./feed.js";
import { Frame } from "./frame.js";
import { startList } from "./list.js";
import { route, startRouter } from "./router.js";
import { startKeys } from "./keys.js";
import { DeadLetters } from "./pages/deadletters.js";
import { InvoicePage } from "./pages/invoice.js";
import { Invoices } from "./pages/invoices.js";
import { Nowhere } from "./pages/nowhere.js";
import { Topology } from "./pages/topology.js";
import { Workers } from "./pages/workers.js";

const PAGES = { invoices: Invoices, invoice: InvoicePage, workers: Workers, topology: Topology, "dead-letters": DeadLetters };

function App() {
  const { name, id } = route.value;
  const Page = PAGES[name] ?? Nowhere;
  return html`<${Frame}><${Page} key=${`${name} ${id ?? ""}`} id=${id} /><//>`;
}

startRouter();
startKeys();
startList();
startFeed();
startCluster();
render(html`<${App} />`, document.getElementById("app"));
document.getElementById("shell").remove();
