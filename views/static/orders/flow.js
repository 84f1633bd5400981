import { html } from "../html.js";
import { useState } from "../vendor/hooks.js";
import { Shape } from "../parts/status.js";
import { rates, tasksOf } from "./rates.js";

const [WIDE, HIGH] = [160, 44];

/** The services where they stand in the picture: each is an agent, and says what it does. */
const SERVICES = [
  { agent: "orders", name: "Orders", x: 282, y: 78, about: "places, cancels, ships and judges" },
  { agent: "order-details", name: "Order details", x: 494, y: 78, about: "checks the order by itself, passes it on" },
  { agent: "inventory", name: "Inventory", x: 718, y: 50, about: "reserves stock, product by product" },
  { agent: "fraud", name: "Fraud", x: 718, y: 106, about: "sums up each customer's session" },
  { agent: "payments", name: "Payments", x: 282, y: 176, about: "counts each payment once" },
  { agent: "order-payments", name: "Order payments", x: 494, y: 176, about: "joins validated orders with payments" },
  { agent: "enrichment", name: "Enrichment", x: 718, y: 176, about: "joins the customer, writes the mail" },
];
const OUTSIDE = [
  { name: "REST, simulator", x: 64, y: 78 },
  { name: "PostgreSQL", x: 936, y: 106 },
  { name: "E-mail", x: 936, y: 176 },
];

/** What flows: to which agent, through which topic, along which line; the label stands at x, y. */
const FLOWS = [
  { to: "orders", topic: "commands", line: "M126,78H202", x: 162, y: 70 },
  { to: "payments", topic: "payments", line: "M64,98V176H202", x: 132, y: 168 },
  { to: "order-details", topic: "orders", line: "M362,78H414", x: 387, y: 70 },
  { to: "inventory", topic: "by product", line: "M574,72C606,72 606,50 638,50", x: 598, y: 44 },
  { to: "fraud", topic: "by customer", line: "M574,84C606,84 606,106 638,106", x: 592, y: 124 },
  { to: "orders", topic: "checks", line: "M718,28V12H282V56", x: 388, y: 24 },
  { to: "orders", line: "M494,56V12", open: true },
  { to: "orders", line: "M798,106H820V12H718", open: true },
  { to: "order-payments", topic: "validated", line: "M320,100C330,140 440,120 470,154", x: 372, y: 144 },
  { to: "order-payments", topic: "by order", line: "M362,176H414", x: 387, y: 168 },
  { to: "enrichment", topic: "paid", line: "M574,176H638", x: 604, y: 168 },
  { to: "inventory", topic: "stock", line: "M936,86V50H798", x: 876, y: 42, rare: true },
  { to: "enrichment", topic: "customers", line: "M874,112C830,118 770,128 748,154", x: 842, y: 140, rare: true },
  { to: "enrichment", topic: "mails", line: "M798,176H874", x: 834, y: 168 },
];

const pace = (rate) => (!rate ? "" : rate < 1 ? "slow" : rate < 20 ? "steady" : "fast");
const perSecond = (rate) => (rate === undefined ? "–" : rate >= 9.95 ? Math.round(rate).toLocaleString("en") : rate.toFixed(1));

/** The services and what flows between them, with how much of it each takes in just now; the same as a table. */
export function Flow() {
  const [asTable, setAsTable] = useState(false);
  return html`<section class="flow" aria-labelledby="flow-title">
    <header><h2 id="flow-title">Services</h2><span class="meta wide-only">records a second that each takes in, over all workers</span><button type="button" aria-pressed=${String(asTable)} onClick=${() => setAsTable(!asTable)}>Table</button></header>
    ${asTable ? html`<${Table} />` : html`<${Picture} />`}</section>`;
}

function Picture() {
  const rate = rates.value ?? {};
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Services and what flows between them; the same as a table by the button above">
    <svg viewBox="0 0 1000 204" role="img" aria-label=${SERVICES.map(({ agent, name }) => `${name} ${perSecond(rate[agent])} a second`).join(", ")}>
      <defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 .8 7 4 0 7.200z" /></marker></defs>
      ${FLOWS.map(({ to, line, open, rare }) => html`<path key=${line} class=${`stream ${rare ? "rare" : pace(rate[to])}`} d=${line} marker-end=${open ? undefined : "url(#tip)"} />`)}
      ${FLOWS.map(({ topic, x, y }) => topic && html`<text key=${topic + x} class="topic" x=${x} y=${y}>${topic}</text>`)}
      ${OUTSIDE.map(({ name, x, y }) => html`<g key=${name} class="outside" transform=${`translate(${x - 62} ${y - 20})`}><rect width="124" height="40" rx="6" /><text x="62" y="25">${name}</text></g>`)}
      ${SERVICES.map((service) => html`<${Service} key=${service.agent} service=${service} rate=${rate[service.agent]} />`)}
    </svg></div>`;
}

function health(agent) {
  const tasks = tasksOf.value[agent];
  if (!tasks) return { shape: "restoring", word: "no task reported" };
  const ready = tasks.ready === tasks.all;
  return { shape: ready ? "ready" : tasks.ready ? "restoring" : "lost", word: ready ? "ready" : `${tasks.ready}/${tasks.all} ready`, lag: tasks.lag };
}

function Service({ service: { agent, name, x, y, about }, rate }) {
  const { shape, word, lag } = health(agent);
  const busy = lag > 50 ? ` · lag ${lag.toLocaleString("en")}` : "";
  return html`<g class=${`service ${shape}`} transform=${`translate(${x - WIDE / 2} ${y - HIGH / 2})`}><title>${name}: ${about} (${word})</title>
    <rect width=${WIDE} height=${HIGH} rx="7" /><text class="name" x="14" y="19">${name}</text>
    <text class="rate" x="14" y="35">${perSecond(rate)}/s${shape === "ready" ? busy : ` · ${word}`}</text>
    <svg x=${WIDE - 22} y="8" width="12" height="12"><${Shape} of=${shape} size=${12} /></svg></g>`;
}

function Table() {
  const rate = rates.value ?? {};
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Services as a table"><table class="rows"><caption class="sr">Services with their rates</caption>
    <thead><tr><th scope="col">Service</th><th scope="col" class="wide-only">What it does</th><th scope="col" class="num">Records/s</th><th scope="col">Tasks</th><th scope="col" class="num">Lag</th></tr></thead>
    <tbody>${SERVICES.map(({ agent, name, about }) => {
      const { shape, word, lag } = health(agent);
      return html`<tr key=${agent}><th scope="row">${name}</th><td class="wide-only">${about}</td><td class="num">${perSecond(rate[agent])}</td><td><span class="status"><${Shape} of=${shape} size=${12} />${word}</span></td><td class="num">${lag?.toLocaleString("en") ?? "–"}</td></tr>`;
    })}</tbody></table></div>`;
}
