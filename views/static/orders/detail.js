import { html } from "../html.js";
import { useEffect, useRef } from "../vendor/hooks.js";
import { timeText } from "../clock.js";
import { newId } from "../identity.js";
import { grouped, lineTotal } from "../money.js";
import { say } from "../notice.js";
import { go, orderPath, withQuery } from "../router.js";
import { Copy } from "../parts/copy.js";
import { Icon } from "../parts/icon.js";
import { Outcome } from "../parts/outcome.js";
import { Empty, Failure, Skeleton } from "../parts/states.js";
import { Shape, Status } from "../parts/status.js";
import { orderOf, reading } from "./book.js";
import { customers, nameOf } from "./customers.js";
import { follow, story, telling } from "./story.js";
import { useWish } from "./wish.js";
import { checkName, inOrder, isFinal, reasonOf, standing, standingWord, STATES } from "./words.js";

/** The order that the address names: its state, its checks, what can be done with it, and its history. */
export function Detail({ id }) {
  const title = useRef();
  const following = useRef(null);
  useEffect(() => {
    following.current = follow(id);
    return () => following.current.stop();
  }, [id]);
  useEffect(() => {
    title.current.focus({ preventScroll: true });
    const { top, bottom } = title.current.getBoundingClientRect();
    if (top < 60 || bottom > innerHeight) title.current.scrollIntoView({ block: "start" });
  }, [id]);
  const entry = orderOf(id).value;
  const { problem, loading } = story.value;
  return html`<section class="detail order-detail" aria-label=${`Order ${id}`}>
    <header><h2 ref=${title} tabindex="-1" class="mono">${id}</h2>
      <button type="button" class="quiet square" onClick=${() => go(orderPath(null))} aria-label="Close"><${Icon} name="close" size=${14} /></button></header>
    ${!entry && loading && html`<${Skeleton} rows=${4} label="Loading the order" />`}
    ${!entry && problem?.status === 404 && html`<${Empty} title="No order has this id"><p>It was never placed. <a href=${withQuery({ new: "1" })}>Place an order</a></p><//>`}
    ${problem && problem.status !== 404 && html`<${Failure} title=${entry ? "This may be out of date" : "The order could not be loaded"} problem=${problem} again=${() => following.current.again()} />`}
    ${entry && html`<${Facts} entry=${entry} /><${Checks} entry=${entry} /><${Actions} key=${id} order=${entry.order} /><${Past} again=${() => following.current?.again()} /><${Held} />`}
  </section>`;
}

function Facts({ entry: { order } }) {
  const buyer = (customers.value.items ?? []).find((item) => item.customerId === order.customerId);
  return html`<p class="verdict" role="status"><${Status} of=${order.state} word=${STATES[order.state]} /><strong class="num">${grouped(lineTotal(order.quantity, order.price))}</strong></p>
    <dl class="facts">
      <div><dt>Product</dt><dd>${order.product ?? "none"}</dd></div>
      <div><dt>Quantity × price</dt><dd class="num">${order.quantity.toLocaleString("en")} × ${grouped(order.price)}</dd></div>
      <div><dt>Customer</dt><dd><a href=${withQuery({ q: order.customerId })}>${buyer?.customer ? nameOf(buyer) : order.customerId}</a></dd></div>
      <div><dt>Changed</dt><dd class="num">${timeText(order.at)}</dd></div></dl>`;
}

/** Each check as it comes in; one that is still out says so. */
function Checks({ entry }) {
  const { order, took } = entry;
  const types = inOrder(new Set([...reading.value.required, ...Object.keys(entry.checks)]));
  return html`<ul class="checks" aria-label="Checks">${types.map((type) => {
    const result = standing(entry, type);
    const reason = entry.checks[type]?.reason ?? reasonOf(order, type);
    return html`<li key=${type} class=${result.toLowerCase()}><${Shape} of=${result} size=${14} /><span class="what"><strong>${checkName(type)}</strong> ${standingWord(result, isFinal(order.state))}${reason && html`<span class="meta">${reason}</span>`}</span>
      ${took[type] !== undefined && html`<span class="meta num" title="After the order was seen here">${Math.round(took[type])} ms</span>`}</li>`;
  })}</ul>
  ${order.reasons.filter((reason) => !types.some((type) => reason.startsWith(`${type}: `))).map((reason) => html`<p class="meta part" key=${reason}><${Shape} of="FAIL" size=${12} />${reason}</p>`)}`;
}

function Actions({ order }) {
  const { id, state } = order;
  const changing = useWish((data) => say(`Order ${data.id ?? id} ${data.state ? STATES[data.state].toLowerCase() : ""}`));
  const paying = useWish((data) => say(`Payment of ${grouped(String(data.amount))} ${data.ccy} taken in`));
  const busy = changing.state.value.phase === "sending" || paying.state.value.phase === "sending";
  const amount = lineTotal(order.quantity, order.price);
  const pay = () => paying.pay({ id: `pay-${newId().slice(0, 13)}`, orderId: id, ccy: "GBP", amount });
  const open = state === "CREATED" || state === "VALIDATED";
  if (!open && changing.state.value.phase !== "unsure") return null;
  return html`<div class="order-actions"><div class="buttons">
      ${state === "VALIDATED" && html`<button type="button" class="primary" disabled=${busy} onClick=${() => changing.ship(id)}><${Icon} name="ship" size=${14} />Ship</button>`}
      ${open && !amount?.startsWith("-") && html`<button type="button" disabled=${busy} onClick=${pay}><${Icon} name="pay" size=${14} />Pay</button>`}
      ${open && html`<button type="button" class="quiet danger" disabled=${busy} aria-label="Cancel order" onClick=${() => changing.cancel(id)}><${Icon} name="trash" size=${14} />Cancel</button>`}</div>
    <${Outcome} sender=${changing} /><${Outcome} sender=${paying} /></div>`;
}

function Past({ again }) {
  const { items = [], complete, pastProblem } = story.value;
  return html`<section class="history" aria-labelledby="past-title">
    <header><h3 id="past-title">History</h3><span class="meta num">${items.length} records</span></header>
    ${pastProblem && html`<p class="meta" role="alert">The history could not be read: ${pastProblem.message} <button type="button" class="link" onClick=${again}>Try again</button></p>`}
    ${!items.length && !pastProblem && html`<${Skeleton} rows=${3} label="Loading the history" />`}
    <ol>${items.toReversed().map((item) => {
      const { icon, text, more, strong } = telling(item);
      return html`<li key=${item.position} class=${strong ? "asked" : ""}><span class="dot"><${Icon} name=${icon} size=${12} /></span>
        <div><p>${text}</p>${more && html`<p class="meta">${more}</p>`}
          <p class="meta"><time class="num" datetime=${new Date(item.at).toISOString()}>${timeText(item.at)}</time><${Copy} text=${item.position} what="place in the log" /></p></div></li>`;
    })}</ol>
    ${items.length > 0 && complete === false && html`<p class="meta">What was before lies further back in the log.</p>`}
  </section>`;
}

function Held() {
  const { servedBy, position, version } = story.value;
  if (!servedBy) return null;
  return html`<dl class="held"><div><dt>Held by</dt><dd class="mono">${servedBy}</dd></div><div><dt>Version</dt><dd class="num">${version}</dd></div>
    <div><dt>Position</dt><dd><${Copy} text=${position} what="position" /></dd></div></dl>`;
}
