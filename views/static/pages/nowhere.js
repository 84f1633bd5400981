import { html } from "../html.js";
import { useTitle } from "../frame.js";
import { route } from "../router.js";
import { Empty } from "../parts/states.js";

export function Nowhere() {
  useTitle("Not found");
  return html`<h1 class="sr">Not found</h1><${Empty} title="There is no such page"><p><span class="mono">${route.value.path}</span> leads nowhere. <a href="/">Go to the invoices</a></p><//>`;
}
