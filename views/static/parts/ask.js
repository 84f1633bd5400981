import { html } from "../html.js";
import { timeText } from "../clock.js";
import { place, words } from "../history.js";
import { dayText } from "../clock.js";
import { grouped } from "../money.js";
import { go, route, withQuery } from "../router.js";
import { Copy } from "./copy.js";
import { Icon } from "./icon.js";

/** A value that can be asked where it comes from: the question is part of the address. */
export function Ask({ field, children }) {
  const asked = route.value.query.ask === field;
  return html`<button type="button" class="ask" aria-pressed=${asked} title="Ask where this comes from"
    onClick=${(event) => { event.stopPropagation(); go(withQuery({ ask: asked ? null : field })); }}>${children}</button>`;
}

const NAMES = { customer: "Customer", dates: "Dates", total: "Total", paid: "Paid", balance: "Balance", status: "Status", version: "Version" };

function value(field, snapshot) {
  const line = /^line-(\d+)$/.exec(field);
  if (line) return snapshot.lineItems[line[1]] && `${snapshot.lineItems[line[1]].quantity} × ${grouped(snapshot.lineItems[line[1]].price)}`;
  if (["total", "paid", "balance"].includes(field)) return grouped(snapshot[field]);
  if (field === "customer") return snapshot.customerName;
  if (field === "dates") return `${dayText(snapshot.issueDate)} – ${dayText(snapshot.dueDate)}`;
  return field === "version" ? `v${snapshot.version}` : snapshot.status;
}

/** The events that made the value in question, with the command, the place in the log and the worker that holds it. */
export function Answer({ entry, events, why }) {
  const field = route.value.query.ask;
  if (!field) return null;
  const versions = why.by[field] ?? [];
  const made = events.filter((event) => versions.includes(event.version));
  const line = /^line-(\d+)$/.exec(field);
  const name = NAMES[field] ?? (line ? `Line ${Number(line[1]) + 1}` : field);
  return html`<section class="answer" aria-live="polite" aria-label=${`Where ${name} comes from`}>
    <header><h2>${name}<strong class="num">${value(field, entry.snapshot)}</strong></h2>
      <button type="button" class="quiet square" aria-label="Close the answer" onClick=${() => go(withQuery({ ask: null }))}><${Icon} name="close" size=${14} /></button></header>
    ${made.length > 0 ? html`<p class="meta">${made.length === 1 ? "Set by one event" : `The outcome of ${made.length} events`}</p>
      <ol>${made.map((event) => html`<li key=${event.version}><span>${words(event, why.removed[event.version])}</span>
        <dl><div><dt>Version</dt><dd class="num">v${event.version}</dd></div><div><dt>At</dt><dd class="num">${timeText(event.at)}</dd></div>
          <div><dt>Command</dt><dd><${Copy} text=${event.commandId} short=${18} what="command id" /></dd></div>
          ${place(event) && html`<div><dt>Event at</dt><dd><${Copy} text=${place(event)} what="place in the log" /></dd></div>`}</dl></li>`)}</ol>`
      : html`<p class="meta">${field === "paid" ? "No payment was received yet: it is 0.00 from the start." : "No event has touched this yet."}</p>`}
  </section>`;
}
