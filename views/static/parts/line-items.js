import { html } from "../html.js";
import { useRef } from "../vendor/hooks.js";
import { useSender } from "../command.js";
import { useForm } from "../form.js";
import { grouped, isZero, lineTotal } from "../money.js";
import { say } from "../notice.js";
import { Ask } from "./ask.js";
import { Behind } from "./behind.js";
import { Field } from "./field.js";
import { Icon } from "./icon.js";
import { Outcome } from "./outcome.js";

export function LineItems({ snapshot }) {
  const open = snapshot.status === "Draft" && isZero(snapshot.paid);
  const sender = useSender((result, command) => say(`Line ${command.index + 1} removed · v${result.version}`));
  const busy = sender.state.value.phase === "sending";
  const lines = snapshot.lineItems;
  return html`<section class="lines" aria-labelledby="lines-title">
    <header><h2 id="lines-title">Line items</h2><span class="meta num">${lines.length}</span></header>
    ${lines.length === 0 ? html`<p class="none">No line items yet. An invoice is sent with at least one.</p>` : html`
    <table class="rows line-table"><caption class="sr">Line items</caption>
      <thead><tr><th scope="col" class="index">#</th><th scope="col">Description</th><th scope="col" class="num">Quantity</th><th scope="col" class="num">Price</th><th scope="col" class="num">Total</th>${open && html`<th scope="col" class="end"><span class="sr">Remove</span></th>`}</tr></thead>
      <tbody>${lines.map((line, index) => html`<tr key=${index}>
        <td class="index num">${index + 1}</td><td class="what">${line.description}</td>
        <td class="num">${grouped(line.quantity, 0)}</td><td class="num">${grouped(line.price)}</td>
        <td class="num"><${Ask} field=${`line-${index}`}>${grouped(lineTotal(line.quantity, line.price))}<//></td>
        ${open && html`<td class="end"><button type="button" class="quiet square" disabled=${busy} title="Remove this line"
          aria-label=${`Remove line ${index + 1}, ${line.description}`} onClick=${() => sender.send(snapshot.invoiceId, "RemoveLineItem", { index }, snapshot.version)}><${Icon} name="close" size=${12} /></button></td>`}</tr>`)}</tbody>
      <tfoot><tr><th scope="row" colspan="4">Total</th><td class="num">${grouped(snapshot.total)}</td>${open && html`<td />`}</tr></tfoot>
    </table>`}
    <${Outcome} sender=${sender} lines=${lines} />
    ${open ? html`<${AddLine} snapshot=${snapshot} />` : html`<p class="none meta">${snapshot.status === "Draft" ? "A payment was received: the line items are settled." : `${snapshot.status}: the line items are settled.`}</p>`}
  </section>`;
}

const FIELDS = ["description", "quantity", "price"];

function AddLine({ snapshot }) {
  const box = useRef();
  const form = useForm({ description: "", quantity: "", price: "" }, snapshot.version);
  const sender = useSender((result) => {
    say(`Line item added · v${result.version}`);
    form.clear(result.version);
    box.current?.querySelector("input")?.focus();
  });
  const state = sender.state.value;
  const { description, quantity, price } = form.values.value;
  const submit = (event) => {
    event.preventDefault();
    sender.send(snapshot.invoiceId, "AddLineItem", { description: description.trim(), quantity: quantity.trim(), price: price.trim() }, form.openedAt);
  };
  return html`<form ref=${box} class="add-line" onSubmit=${submit} novalidate aria-label="Add a line item">
    <div class="line-grid">
      <${Field} label="Description" name="description" form=${form} state=${state} />
      <${Field} label="Quantity" name="quantity" form=${form} state=${state} inputmode="decimal" class="num" />
      <${Field} label="Price" name="price" form=${form} state=${state} inputmode="decimal" class="num" />
      <output class="num line-sum" aria-label="Total of the new line">${grouped(lineTotal(quantity, price) ?? "0")}</output>
      <button type="submit" disabled=${state.phase === "sending"}>${state.phase === "sending" ? "Adding…" : "Add line"}</button>
    </div>
    <${Behind} form=${form} snapshot=${snapshot} state=${state} />
    <${Outcome} sender=${sender} fields=${FIELDS} lines=${snapshot.lineItems} onDiscard=${() => form.clear(snapshot.version)} /></form>`;
}
