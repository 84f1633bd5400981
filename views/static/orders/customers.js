import { html } from "../html.js";
import { now } from "../clock.js";
import { grouped, percent } from "../money.js";
import { withQuery } from "../router.js";
import { Skeleton } from "../parts/states.js";
import { Shape } from "../parts/status.js";
import { asking } from "./asking.js";

const SHOWN = 8;
const GAP_MS = 3_600_000;
const { answer: customers, read, follow: followCustomers } = asking("/api/customers?limit=50&partial=true", 2000);
export { customers, followCustomers };

export function nameOf({ customerId, customer }) {
  return [customer?.firstName, customer?.lastName].filter(Boolean).join(" ") || `Customer ${customerId}`;
}

/** Who orders most just now: what a session comes to, and the limit from which on orders are refused. */
export function Customers() {
  const { items, problem, missing, limit, customers: all } = customers.value;
  const rows = (items ?? []).filter((item) => item.session && item.session.end + GAP_MS > now.value).slice(0, SHOWN);
  return html`<section class="buyers" aria-labelledby="buyers-title">
    <header><h2 id="buyers-title">Customers</h2><span class="meta">${limit ? `fraud limit ${grouped(limit, 0)} a session` : ""}</span></header>
    ${problem && html`<p class="meta" role="alert">${items ? "As of the last answer: " : ""}${problem.message} <button type="button" class="link" onClick=${read}>Try again</button></p>`}
    ${missing.length > 0 && html`<p class="meta part" role="status"><${Shape} of="warning" size=${12} />Partition${missing.length > 1 ? "s" : ""} ${missing.join(", ")} missing: no ready owner</p>`}
    ${!items && !problem && html`<${Skeleton} rows=${4} label="Loading the customers" />`}
    ${items && !rows.length && html`<p class="meta">Nobody has ordered within the last hour${all ? `, of ${all.toLocaleString("en")} customers` : ""}.</p>`}
    ${rows.length > 0 && html`<table class="rows"><caption class="sr">Customers by what they ordered in their session</caption>
      <thead><tr><th scope="col">Customer</th><th scope="col" class="num">Orders</th><th scope="col" class="num">Running total</th></tr></thead>
      <tbody>${rows.map((item) => html`<${Buyer} key=${item.customerId} item=${item} limit=${limit} />`)}</tbody></table>`}
  </section>`;
}

function Buyer({ item, limit }) {
  const { customerId, customer, session } = item;
  const share = percent(session.total, limit);
  const over = share >= 100;
  return html`<tr><td class="who"><a href=${withQuery({ q: customerId })} title=${`Orders of ${customerId}`}>${nameOf(item)}</a>
      <span class="meta"> ${customer ? customer.level : "no row"}</span>
      <span class="toward" aria-hidden="true"><i class=${over ? "over" : ""} style=${`width:${Math.min(100, share)}%`} /></span></td>
    <td class="num">${session.orders.toLocaleString("en")}</td>
    <td class="num total">${over && html`<span class="over-mark" title="At the limit: further orders are refused"><${Shape} of="warning" size=${12} /><span class="sr">over the limit</span></span>`}${grouped(session.total)}</td></tr>`;
}
