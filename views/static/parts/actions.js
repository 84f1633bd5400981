import { html } from "../html.js";
import { useEffect, useRef } from "../vendor/hooks.js";
import { useSender } from "../command.js";
import { useForm } from "../form.js";
import { grouped, isZero } from "../money.js";
import { say } from "../notice.js";
import { go, route, withQuery } from "../router.js";
import { Field } from "./field.js";
import { Icon } from "./icon.js";
import { Outcome } from "./outcome.js";
import { Behind } from "./behind.js";

const open = (what) => go(withQuery({ do: what }), { replace: true });

/** What can be done with the invoice as a whole. The rules are the server's; here is only what they could never allow left out. */
export function Actions({ snapshot }) {
  const sender = useSender((result) => say(`Invoice sent · v${result.version}`));
  const { status, paid, balance } = snapshot;
  const can = {
    send: status === "Draft",
    pay: (status === "Draft" || status === "Sent") && !isZero(balance),
    delete: status !== "Deleted" && status !== "Paid" && isZero(paid),
  };
  const doing = route.value.query.do;
  const sending = sender.state.value.phase === "sending";
  return html`<section class="actions" aria-label="Commands">
    <div class="buttons">
      ${can.send && html`<button type="button" class="primary" disabled=${sending} onClick=${() => sender.send(snapshot.invoiceId, "SendInvoice", {}, snapshot.version)}><${Icon} name="send" size=${14} />${sending ? "Sending…" : "Send invoice"}</button>`}
      ${can.pay && html`<button type="button" class=${status === "Sent" ? "primary" : ""} aria-expanded=${doing === "pay"} onClick=${() => open(doing === "pay" ? null : "pay")}><${Icon} name="pay" size=${14} />Record payment</button>`}
      ${can.delete && html`<button type="button" class="quiet danger" aria-expanded=${doing === "delete"} onClick=${() => open(doing === "delete" ? null : "delete")}><${Icon} name="trash" size=${14} />Delete</button>`}
      ${status === "Paid" && html`<p class="meta">Paid in full: nothing is left to do.</p>`}
      ${status === "Deleted" && html`<p class="meta">Deleted: its history stays, and its id is not used again.</p>`}
    </div>
    <${Outcome} sender=${sender} />
    ${can.pay && doing === "pay" && html`<${Payment} snapshot=${snapshot} />`}
    ${can.delete && doing === "delete" && html`<${Deletion} snapshot=${snapshot} />`}
  </section>`;
}

function Payment({ snapshot }) {
  const form = useForm({ amount: "" }, snapshot.version);
  const sender = useSender((result, command) => {
    say(`Payment${command.amount ? ` of ${grouped(command.amount)}` : ""} recorded · v${result.version}`);
    form.clear(result.version);
    open(null);
  });
  const state = sender.state.value;
  const submit = (event) => {
    event.preventDefault();
    const amount = form.values.value.amount.trim();
    sender.send(snapshot.invoiceId, "PayInvoice", amount ? { amount } : {}, form.openedAt);
  };
  return html`<form class="panel" onSubmit=${submit} novalidate aria-label="Record a payment">
    <div class="row"><${Field} label="Amount" name="amount" form=${form} state=${state} inputmode="decimal" class="num" placeholder=${snapshot.balance} autofocus hint=${`Empty pays the balance of ${grouped(snapshot.balance)}`} />
      <div class="buttons"><button type="submit" class="primary" disabled=${state.phase === "sending"}>${state.phase === "sending" ? "Recording…" : "Record payment"}</button>
      <button type="button" onClick=${() => open(null)}>Cancel</button></div></div>
    <${Behind} form=${form} snapshot=${snapshot} state=${state} />
    <${Outcome} sender=${sender} fields=${["amount"]} onDiscard=${() => form.clear(snapshot.version)} /></form>`;
}

function Deletion({ snapshot }) {
  const openedAt = useRef(snapshot.version).current;
  const sure = useRef();
  const sender = useSender((result) => {
    say(`Invoice deleted · v${result.version}`);
    open(null);
  });
  useEffect(() => sure.current?.focus(), []);
  return html`<div class="panel" role="group" aria-label="Delete the invoice">
    <div class="row"><p>Delete this invoice for good? Its history stays, its id is not used again.</p>
      <div class="buttons"><button type="button" ref=${sure} class="primary danger" onClick=${() => sender.send(snapshot.invoiceId, "DeleteInvoice", {}, openedAt)}>Delete invoice</button>
      <button type="button" onClick=${() => open(null)}>Keep it</button></div></div>
    <${Outcome} sender=${sender} onDiscard=${() => open(null)} /></div>`;
}
