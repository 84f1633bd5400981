import { html } from "../html.js";
import { useEffect, useRef } from "../vendor/hooks.js";
import { useSender } from "../command.js";
import { isoDay } from "../clock.js";
import { useForm } from "../form.js";
import { newId } from "../identity.js";
import { showNow } from "../list.js";
import { grouped, lineTotal, sum } from "../money.js";
import { say } from "../notice.js";
import { go, invoicePath, withQuery } from "../router.js";
import { Field } from "./field.js";
import { Icon } from "./icon.js";
import { Outcome } from "./outcome.js";

const HEAD = ["customerName", "customerEmail", "issueDate", "dueDate"];
const LINE = ["description", "quantity", "price"];

export function NewInvoice() {
  const box = useRef();
  const form = useForm({ invoiceId: `inv-${newId().slice(0, 8)}`, customerName: "", customerEmail: "", issueDate: isoDay(), dueDate: isoDay(30), count: 1 });
  const values = form.values.value;
  const lines = Array.from({ length: values.count }, (_, index) => index);
  const at = (index, name) => values[`lineItems[${index}].${name}`] ?? "";
  const filled = lines.filter((index) => LINE.some((name) => at(index, name).trim()));
  const sender = useSender((result) => {
    showNow(values.invoiceId);
    say(`Invoice ${values.invoiceId} created`);
    box.current?.close();
    go(invoicePath(values.invoiceId), { replace: true });
  });
  const state = sender.state.value;

  useEffect(() => {
    box.current.showModal();
  }, []);

  const close = () => go(withQuery({ new: null }), { replace: true });
  const submit = (event) => {
    event.preventDefault();
    const fields = Object.fromEntries(HEAD.map((name) => [name, values[name].trim()]));
    // Empty last lines are no lines; one left empty in between stays, so that a refusal's index is that of the form.
    const last = filled.at(-1) ?? -1;
    const lineItems = lines.slice(0, last + 1).map((index) => Object.fromEntries(LINE.map((name) => [name, at(index, name).trim()])));
    sender.send(values.invoiceId.trim(), "CreateInvoice", { ...fields, lineItems });
  };
  const names = [...HEAD, "invoiceId", ...lines.flatMap((index) => LINE.map((name) => `lineItems[${index}].${name}`))];
  const total = sum(lines.map((index) => lineTotal(at(index, "quantity"), at(index, "price"))));

  return html`<dialog ref=${box} class="sheet" aria-labelledby="new-title" onClose=${() => state.phase !== "done" && close()}
      onClick=${(event) => event.target === event.currentTarget && !form.dirty && box.current.close()}>
    <form method="dialog" onSubmit=${submit} novalidate>
      <header><h2 id="new-title">New invoice</h2><button type="button" class="quiet square" aria-label="Close" onClick=${() => box.current.close()}><${Icon} name="close" /></button></header>
      <div class="sheet-body">
        <div class="grid two">
          <${Field} label="Customer" name="customerName" form=${form} state=${state} autofocus required />
          <${Field} label="E-mail" name="customerEmail" type="email" form=${form} state=${state} required />
          <${Field} label="Issued" name="issueDate" type="date" form=${form} state=${state} required />
          <${Field} label="Due" name="dueDate" type="date" form=${form} state=${state} required />
          <${Field} label="Invoice id" name="invoiceId" form=${form} state=${state} wide class="mono" maxlength="64" pattern="[A-Za-z0-9_.:\\-]{1,64}" required hint="Letters, digits and _ . : - ; an id is used once, for ever" />
        </div>
        <fieldset><legend>Line items</legend>
          ${lines.map((index) => html`<div class="line-grid" key=${index}>
            <${Field} label="Description" name=${`lineItems[${index}].description`} form=${form} state=${state} />
            <${Field} label="Quantity" name=${`lineItems[${index}].quantity`} form=${form} state=${state} inputmode="decimal" class="num" />
            <${Field} label="Price" name=${`lineItems[${index}].price`} form=${form} state=${state} inputmode="decimal" class="num" />
            <output class="num line-sum" aria-label=${`Total of line ${index + 1}`}>${grouped(lineTotal(at(index, "quantity"), at(index, "price")) ?? "0")}</output>
          </div>`)}
          <button type="button" class="quiet" onClick=${() => form.set("count", values.count + 1)} disabled=${values.count >= 100}><${Icon} name="plus" size=${14} />Another line</button>
        </fieldset>
        <${Outcome} sender=${sender} fields=${names} />
      </div>
      <footer><span class="sum">Total <strong class="num">${grouped(total)}</strong></span>
        <button type="button" onClick=${() => box.current.close()}>Cancel</button>
        <button type="submit" class="primary" disabled=${state.phase === "sending"}>${state.phase === "sending" ? "Creating…" : "Create invoice"}</button></footer>
    </form></dialog>`;
}
