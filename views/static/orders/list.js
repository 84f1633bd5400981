import { html } from "../html.js";
import { useLayoutEffect, useRef, useState } from "../vendor/hooks.js";
import { timeText } from "../clock.js";
import { grouped, lineTotal } from "../money.js";
import { go, orderPath, route, withQuery } from "../router.js";
import { flash } from "../parts/flash.js";
import { Empty } from "../parts/states.js";
import { Shape, Status } from "../parts/status.js";
import { beat, letIn, listed, orderOf, reading, waiting } from "./book.js";
import { checkName, checkWord, inOrder, isFinal, standing, standingWord, STATES } from "./words.js";

const PAGE = 50;
const ID = /^[A-Za-z0-9_.:-]{1,64}$/;

/** Whether an order is in the state, and has the words, that the address asks for. */
function fits(id) {
  const entry = orderOf(id).peek();
  const { state = "", q = "" } = route.value.query;
  if (!entry || (state && entry.order.state !== state)) return false;
  const { order } = entry;
  const text = `${order.id} ${order.customerId} ${order.product ?? ""}`.toLowerCase();
  return q.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

/** The latest orders, each row drawn anew when its order changes. */
export function OrderList() {
  void beat.value;
  const [most, setMost] = useState(PAGE);
  const { state = "", q = "" } = route.value.query;
  const ids = listed.value.filter(fits);
  const checks = inOrder(reading.value.required);
  return html`<section class="order-list" aria-label="Orders">
    <${Waiting} />
    ${ids.length > 0 && html`<table class="rows orders"><caption class="sr">The latest orders${state ? `, ${STATES[state]}` : ""}</caption>
      <thead><tr><th scope="col">State</th><th scope="col">Order</th><th scope="col" class="wide-only">Customer</th><th scope="col">Product</th>
        <th scope="col" class="num total">Total</th>${checks.map((type) => html`<th key=${type} scope="col" class="check" title=${checkName(type)} aria-label=${checkName(type)}><span class="wide-only">${checkWord(type)}</span><span class="narrow">${checkWord(type)[0]}</span></th>`)}<th scope="col" class="num at">At</th></tr></thead>
      <tbody>${ids.slice(0, most).map((id) => html`<${Row} key=${id} id=${id} checks=${checks} />`)}</tbody></table>`}
    ${!ids.length && html`<${Empty} title=${q ? "Nothing lately matches" : `No ${(STATES[state] ?? "").toLowerCase()} orders lately`}>
      <p>${q ? html`None of the latest orders has “${q}” in its id, customer or product.` : "As soon as there is one, it shows up here."}</p>
      <button type="button" onClick=${() => go(withQuery({ state: null, q: null }))}>Show all orders</button><//>`}
    ${q && ID.test(q.trim()) && html`<p class="foot"><a href=${`/orders/${encodeURIComponent(q.trim())}`}>Open the order with the id <span class="mono">${q.trim()}</span></a></p>`}
    ${ids.length > most && html`<p class="foot"><button type="button" onClick=${() => setMost(most + PAGE)}>Show ${PAGE} more</button></p>`}
  </section>`;
}

function Waiting() {
  const count = waiting.value.length;
  return html`<div class="waiting" role="status" aria-live="polite">${count > 0 && html`
    <button type="button" onClick=${() => { letIn(); scrollTo({ top: 0 }); }}>${count >= 500 ? "500+" : count} new</button>`}</div>`;
}

function Row({ id, checks }) {
  const entry = orderOf(id).value;
  const row = useRef();
  const state = entry?.order.state;
  const before = useRef(state);
  useLayoutEffect(() => {
    if (before.current !== state) flash(row.current);
    before.current = state;
  }, [state]);
  if (!entry) return null;
  const { order } = entry;
  const open = (event) => {
    // The whole row is a target for the mouse; for keys and readers there is the link.
    if (!event.target.closest("a, button") && !getSelection().toString()) go(orderPath(id));
  };
  return html`<tr ref=${row} onClick=${open} class=${route.value.id === id ? "picked" : ""}>
    <td class="state"><${Status} of=${state} word=${STATES[state]} /></td>
    <td class="id"><a class="mono" href=${orderPath(id)} data-row>${id}</a></td>
    <td class="mono wide-only who">${order.customerId}</td>
    <td class="what"><span class="num">${order.quantity.toLocaleString("en")}</span> × ${order.product ?? "no product"}</td>
    <td class="num total">${grouped(lineTotal(order.quantity, order.price))}</td>
    ${checks.map((type) => html`<td key=${type} class="check"><${Mark} entry=${entry} type=${type} /></td>`)}
    <td class="num at">${timeText(order.at)}</td></tr>`;
}

function Mark({ entry, type }) {
  const result = standing(entry, type);
  const words = `${checkName(type)} ${standingWord(result, isFinal(entry.order.state))}`;
  return html`<span class="mark" title=${words}><${Shape} of=${result} size=${12} /><span class="sr">${words}</span></span>`;
}
