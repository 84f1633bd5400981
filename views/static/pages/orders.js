import { html } from "../html.js";
import { useEffect, useRef } from "../vendor/hooks.js";
import { orderFeed } from "../feed.js";
import { useTitle } from "../frame.js";
import { go, route, withQuery } from "../router.js";
import { mainFeed } from "../services.js";
import { CommandLine } from "../parts/copy.js";
import { Icon } from "../parts/icon.js";
import { Empty, Failure, Skeleton } from "../parts/states.js";
import { Shape } from "../parts/status.js";
import { counts, follow, listed, reading, readOrders } from "../orders/book.js";
import { Customers, followCustomers } from "../orders/customers.js";
import { Detail } from "../orders/detail.js";
import { Flow } from "../orders/flow.js";
import { OrderList } from "../orders/list.js";
import { NewOrder } from "../orders/new-order.js";
import { followStock, Stock } from "../orders/stock.js";
import { STATES } from "../orders/words.js";

export function Page({ id }) {
  useTitle(id ?? "Orders");
  useEffect(() => {
    const ends = [follow(), followStock(), followCustomers()];
    return () => {
      ends.forEach((end) => end());
      if (mainFeed.peek() !== orderFeed) orderFeed.stop();
    };
  }, []);
  return html`
    <div class="page-head orders-head"><h1>Orders</h1><${Pulse} /><${Search} />
      <a class="button primary" href=${withQuery({ new: "1" })}><${Icon} name="plus" size=${14} />New order</a></div>
    <${Flow} />
    <div class=${`counter ${id ? "chosen" : ""}`}>
      <div class="counter-main"><div class="tools"><${States} /></div><${Body} /></div>
      <aside class="counter-side" aria-label=${id ? "The order" : "Stock and customers"}>${id ? html`<${Detail} id=${id} />` : html`<${Stock} /><${Customers} />`}</aside>
    </div>
    ${route.value.query.new && html`<${NewOrder} />`}`;
}

function Body() {
  const { state, problem } = reading.value;
  if (state === "error") return html`<${Failure} title="The orders could not be loaded" problem=${problem} again=${readOrders} />`;
  if (state === "loading") return html`<${Skeleton} rows=${12} label="Loading orders" />`;
  if (!listed.value.length) return html`<${NoOrders} />`;
  return html`<${OrderList} />`;
}

function Pulse() {
  const rate = orderFeed.rate.value;
  const live = orderFeed.state.value.state === "live";
  return html`<span class="meta num">${live && `${rate >= 9.95 ? Math.round(rate) : rate.toFixed(1)} changes/s`}</span>`;
}

/** The filter by state, with how many of the orders known here are in each. */
function States() {
  const { state = "" } = route.value.query;
  const found = counts();
  return html`<nav class="tabs" aria-label="State">${["", ...Object.keys(STATES)].map((name) => html`<a key=${name} href=${withQuery({ state: name, new: null })} aria-current=${name === state ? "true" : undefined}>
    ${name ? html`<${Shape} of=${name} size=${12} />${STATES[name]}<span class="tally num">${found[name] ?? 0}</span>` : "All"}</a>`)}</nav>`;
}

function Search() {
  const box = useRef();
  const set = (text) => go(withQuery({ q: text }), { replace: true });
  return html`<div class="search" role="search"><${Icon} name="search" size=${14} />
    <input ref=${box} type="search" aria-label="Search orders by id, customer or product" placeholder="Search order, customer" value=${route.value.query.q ?? ""}
      onInput=${(event) => set(event.currentTarget.value)}
      onKeyDown=${(event) => {
        if (event.key === "Escape") { set(""); event.currentTarget.blur(); }
        if (event.key === "Enter") document.querySelector("[data-row]")?.focus();
      }} /><kbd aria-hidden="true">/</kbd></div>`;
}

function NoOrders() {
  const body = `{"id":"ord-1","customerId":"1","product":"JUMPERS","quantity":1,"price":25.00}`;
  return html`<${Empty} title="No orders yet">
    <p>Place one with the button above, or from a terminal:</p>
    <${CommandLine} text=${`curl -X POST ${location.origin}/v1/orders -H 'Content-Type: application/json' -d '${body}'`} />
    <p>Or let the simulator run a shop:</p><${CommandLine} text="kawka simulate orders --rate 5" /><//>`;
}
