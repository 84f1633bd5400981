import { html } from "../html.js";
import { timeText } from "../clock.js";
import { place, words } from "../history.js";
import { route } from "../router.js";
import { Copy } from "./copy.js";
import { Icon } from "./icon.js";
import { Skeleton } from "./states.js";

const ICONS = { InvoiceCreated: "created", LineItemAdded: "plus", LineItemRemoved: "minus", InvoiceSent: "send", PaymentReceived: "pay", InvoiceDeleted: "trash" };

/** Everything that ever happened to the invoice, the newest first; what made the asked value stands out. */
export function History({ events, why }) {
  const asked = why.by[route.value.query.ask] ?? [];
  return html`<section class="history" aria-labelledby="history-title">
    <header><h2 id="history-title">History</h2><span class="meta num">${events.items.length} events</span></header>
    ${events.loading && !events.items.length && html`<${Skeleton} rows=${3} label="Loading the history" />`}
    ${events.problem && html`<p class="meta" role="alert">The history could not be loaded: ${events.problem.message} <button type="button" class="link" onClick=${events.again}>Try again</button></p>`}
    <ol>${events.items.toReversed().map((event) => html`<li key=${event.version} class=${asked.includes(event.version) ? "asked" : ""}>
      <span class="dot"><${Icon} name=${ICONS[event.type] ?? "check"} size=${12} /></span>
      <div><p>${words(event, why.removed[event.version])}</p>
        <p class="meta"><span class="num">v${event.version}</span><time datetime=${event.at} class="num">${timeText(event.at)}</time></p>
        <p class="meta">${place(event) && html`<${Copy} text=${place(event)} what="place in the log" />`}<${Copy} text=${event.commandId} what="command id" /></p></div></li>`)}</ol>
  </section>`;
}
