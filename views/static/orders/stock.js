import { html } from "../html.js";
import { useState } from "../vendor/hooks.js";
import { CommandLine } from "../parts/copy.js";
import { Skeleton } from "../parts/states.js";
import { Shape } from "../parts/status.js";
import { asking } from "./asking.js";

const { answer: products, read, follow: followStock } = asking("/v1/products?partial=true", 700);
export { followStock, products };

const PARTS = [["shipped", "Shipped"], ["reserved", "Reserved"], ["offered", "Offered"]];
const figure = (number) => number?.toLocaleString("en") ?? "–";

/** What the warehouse has of each product: shipped, reserved and offered add up to its stock. */
export function Stock() {
  const { items, problem, missing } = products.value;
  const [asTable, setAsTable] = useState(false);
  return html`<section class="stock" aria-labelledby="stock-title">
    <header><h2 id="stock-title">Stock</h2>${items?.length > 0 && html`<button type="button" aria-pressed=${String(asTable)} onClick=${() => setAsTable(!asTable)}>Table</button>`}</header>
    ${problem && html`<p class="meta" role="alert">${items ? "As of the last answer: " : ""}${problem.message} <button type="button" class="link" onClick=${read}>Try again</button></p>`}
    ${missing.length > 0 && html`<p class="meta part" role="status"><${Shape} of="warning" size=${12} />Partition${missing.length > 1 ? "s" : ""} ${missing.join(", ")} missing: no ready owner</p>`}
    ${!items && !problem && html`<${Skeleton} rows=${3} label="Loading the stock" />`}
    ${items && !items.length && !missing.length && html`<p class="meta">The warehouse has told of no product yet. Its rows come from PostgreSQL:</p>
      <${CommandLine} text="INSERT INTO stock (product, quantity) VALUES ('JUMPERS', 100)" />`}
    ${items?.length > 0 && (asTable ? html`<${Table} items=${items} />` : html`<${Bars} items=${items} />`)}
  </section>`;
}

function Bars({ items }) {
  return html`<ul class="key">${PARTS.map(([name, word]) => html`<li key=${name}><i class=${`bit ${name}`} />${word}</li>`)}</ul>
    <ul class="shelves">${items.map((item) => html`<${Shelf} key=${item.product} item=${item} />`)}</ul>`;
}

function Shelf({ item }) {
  const { product, stock, offered } = item;
  const whole = Math.max(1, PARTS.reduce((total, [name]) => total + Math.max(0, item[name]), 0));
  const words = PARTS.map(([name, word]) => `${figure(item[name])} ${word.toLowerCase()}`).join(", ");
  return html`<li class="shelf"><span class="name">${product}</span>
    <span class="num left"><strong>${figure(offered)}</strong> of ${stock === null ? "?" : figure(stock)}</span>
    <span class="bits" role="img" aria-label=${`${product}: stock ${stock ?? "unknown"}, ${words}`}>
      ${PARTS.map(([name]) => item[name] > 0 && html`<i key=${name} class=${`bit ${name}`} style=${`width:${(item[name] / whole) * 100}%`} title=${`${figure(item[name])} ${name}`} />`)}</span>
    ${offered < 0 && html`<span class="meta part"><${Shape} of="warning" size=${12} />${stock === null ? "Promised, but the database has no row" : "The database took back what is promised"}</span>`}</li>`;
}

function Table({ items }) {
  return html`<table class="rows"><caption class="sr">Stock by product</caption>
    <thead><tr><th scope="col">Product</th><th scope="col" class="num">Stock</th>${PARTS.map(([name, word]) => html`<th key=${name} scope="col" class="num">${word}</th>`)}</tr></thead>
    <tbody>${items.map((item) => html`<tr key=${item.product}><th scope="row" title=${item.product}>${item.product}</th><td class="num">${figure(item.stock)}</td>
      ${PARTS.map(([name]) => html`<td key=${name} class="num">${figure(item[name])}</td>`)}</tr>`)}</tbody></table>`;
}
