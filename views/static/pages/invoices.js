import { html } from "../html.js";
import { useEffect, useRef } from "../vendor/hooks.js";
import { isoDay } from "../clock.js";
import { cluster, tasks } from "../cluster.js";
import { feed, rate } from "../feed.js";
import { useTitle } from "../frame.js";
import { list, load, loadMore, showWaiting, waiting } from "../list.js";
import { go, invoicePath, route, withQuery } from "../router.js";
import { snapshotOf } from "../snapshots.js";
import { CommandLine } from "../parts/copy.js";
import { Icon } from "../parts/icon.js";
import { InvoiceRow } from "../parts/invoice-row.js";
import { NewInvoice } from "../parts/new-invoice.js";
import { Empty, Failure, Skeleton } from "../parts/states.js";
import { Shape } from "../parts/status.js";

const STATUSES = ["", "Draft", "Sent", "Paid", "Deleted"];
const ID = /^[A-Za-z0-9_.:-]{1,64}$/;

export function Invoices() {
  useTitle("Invoices");
  const status = STATUSES.includes(route.value.query.status) ? route.value.query.status : "";
  useEffect(() => {
    if (list.peek().state === "idle" || list.peek().status !== status) load(status);
  }, [status]);
  const words = (route.value.query.q ?? "").trim().toLowerCase();
  return html`
    <div class="page-head"><h1>Invoices</h1><${Pulse} />
      <a class="button primary" href=${withQuery({ new: "1" })}><${Icon} name="plus" size=${14} />New invoice</a></div>
    <div class="tools">
      <nav class="tabs" aria-label="Status">${STATUSES.map((name) => html`<a key=${name} href=${withQuery({ status: name, new: null })}
        aria-current=${name === status ? "true" : undefined}>${name ? html`<${Shape} of=${name} size=${12} />${name}` : "All"}</a>`)}</nav>
      <${Search} />
    </div>
    <${Missing} />
    <${Waiting} />
    <${Rows} words=${words} status=${status} />
    ${route.value.query.new && html`<${NewInvoice} />`}`;
}

function Pulse() {
  const { ids, cursor, state } = list.value;
  if (state !== "ready") return html`<span class="meta" />`;
  const perSecond = rate.value >= 9.95 ? Math.round(rate.value) : rate.value.toFixed(1);
  return html`<span class="meta num">${ids.length.toLocaleString("en")}${cursor ? " loaded" : ""}${feed.value.state === "live" && html`<span class="wide-only"> · ${perSecond} changes/s</span>`}</span>`;
}

function Search() {
  const box = useRef();
  const set = (text) => go(withQuery({ q: text }), { replace: true });
  return html`<div class="search" role="search"><${Icon} name="search" size=${14} />
    <input ref=${box} type="search" aria-label="Search invoices by id, customer or e-mail" placeholder="Search id, customer, e-mail" value=${route.value.query.q ?? ""}
      onInput=${(event) => set(event.currentTarget.value)}
      onKeyDown=${(event) => {
        if (event.key === "Escape") { set(""); event.currentTarget.blur(); }
        if (event.key === "Enter") document.querySelector("[data-row]")?.focus();
      }} /><kbd aria-hidden="true">/</kbd></div>`;
}

function Missing() {
  const { missing, readAt } = list.value;
  if (!missing.length) return null;
  const back = cluster.value.at > readAt && tasks.value.ready === tasks.value.all;
  return html`<div class="banner warn" role="status"><${Shape} of="warning" /><span><strong>Part of the list is missing.</strong>
    ${` Partition${missing.length > 1 ? "s" : ""} ${missing.join(", ")} ${missing.length > 1 ? "have" : "has"} no ready owner: a worker left, or is still restoring. `}${back ? "By now all are ready again." : html`<a href="/workers">See the workers</a>`}</span>
    <button type="button" class=${back ? "primary" : ""} onClick=${() => load(list.value.status)}>Load again</button></div>`;
}

function Waiting() {
  const count = waiting.value.length;
  // Ids the list has not read that far to may be old ones that changed; once it is read whole, they are new.
  const kind = list.value.cursor ? "new or changed" : "new";
  return html`<div class="waiting" role="status" aria-live="polite">${count > 0 && html`
    <button type="button" onClick=${() => { showWaiting(); scrollTo({ top: 0 }); }}>${count >= 1000 ? "1,000+" : count} ${kind}</button>`}</div>`;
}

function matches(id, words) {
  const entry = snapshotOf(id).peek();
  if (!entry) return false;
  const { invoiceId, customerName, customerEmail } = entry.snapshot;
  const text = `${invoiceId} ${customerName} ${customerEmail}`.toLowerCase();
  return words.split(/\s+/).every((word) => text.includes(word));
}

function Rows({ words, status }) {
  const { state, ids, cursor, problem, more } = list.value;
  if (state === "idle" || state === "loading") return html`<${Skeleton} rows=${12} label="Loading invoices" />`;
  if (state === "error") return html`<${Failure} title="The invoices could not be loaded" problem=${problem} again=${() => load(status)} />`;
  const shown = words ? ids.filter((id) => matches(id, words)) : ids;
  if (!ids.length && !words) return html`<${NoInvoices} status=${status} />`;
  return html`
    ${shown.length > 0 && html`<table class="rows invoices">
      <caption class="sr">Invoices${status ? `, ${status}` : ""}</caption>
      <thead><tr><th scope="col">Status</th><th scope="col" class="id">Invoice</th><th scope="col">Customer</th><th scope="col" class="due">Due</th>
        <th scope="col" class="num lines">Lines</th><th scope="col" class="num">Total</th><th scope="col" class="num balance">Balance</th><th scope="col" class="num version">Version</th></tr></thead>
      <tbody>${shown.map((id) => html`<${InvoiceRow} key=${id} id=${id} />`)}</tbody></table>`}
    ${words && !shown.length && html`<${Empty} title="Nothing loaded matches"><p>No loaded invoice has “${words}” in its id, customer or e-mail.</p><//>`}
    ${words && ID.test(words) && html`<p class="foot"><a href=${invoicePath(route.value.query.q.trim())}>Open the invoice with the id <span class="mono">${route.value.query.q.trim()}</span></a></p>`}
    ${problem && html`<${Failure} title="The next invoices could not be loaded" problem=${problem} again=${loadMore} />`}
    ${cursor && html`<p class="foot"><button type="button" onClick=${loadMore} disabled=${more}>${more ? "Loading…" : `Load 100 more${words ? " and search them" : ""}`}</button></p>`}`;
}

function NoInvoices({ status }) {
  if (status) return html`<${Empty} title=${`No ${status.toLowerCase()} invoices`}><p>As soon as one is, it shows up here.</p><//>`;
  const body = `{"type":"CreateInvoice","customerName":"Ada Ltd","customerEmail":"ada@example.com","issueDate":"${isoDay()}","dueDate":"${isoDay(30)}","lineItems":[{"description":"Desk","quantity":"2","price":"150.00"}]}`;
  return html`<${Empty} title="No invoices yet">
    <p>Create one with the button above, or from a terminal:</p>
    <${CommandLine} text=${`curl -X POST ${location.origin}/api/invoices/inv-1/commands -H 'Content-Type: application/json' -d '${body}'`} />
    <p>Or let the simulator make them:</p><${CommandLine} text="kawka simulate invoices" /><//>`;
}
