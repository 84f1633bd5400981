import { html } from "../html.js";
import { signal } from "../vendor/signals.js";
import { useEffect, useState } from "../vendor/hooks.js";
import { call } from "../api.js";
import { timeText } from "../clock.js";
import { truckFeed } from "../feed.js";
import { Glyph, Kind } from "./glyph.js";
import { kindOf, TYPES } from "./kinds.js";

const SIZES = { 20: "20 s", 60: "60 s" };
const SHOWN = 30;
const [WIDE, HIGH] = [600, 40];
/** {key -> window}; the key is what tells windows apart, so that one that comes twice counts once. */
const windows = signal(new Map());
const problem = signal(null);

function take(list) {
  const known = new Map(windows.peek());
  for (const each of list) known.set(`${each.size} ${each.windowEnd} ${each.eventType}`, each);
  const sorted = [...known].sort(([, a], [, b]) => a.windowEnd - b.windowEnd);
  windows.value = new Map(sorted.slice(-1000));
}

async function read() {
  try {
    const { data } = await call("/api/windows?limit=600");
    take(data.items);
    problem.value = null;
  } catch (error) {
    problem.value = error;
  }
}

/** Dangerous events by window: for each type a row of bars of its own, so that no colour is needed to tell them apart. */
export function Windows() {
  const [size, setSize] = useState("20");
  const [asTable, setAsTable] = useState(false);
  useEffect(() => {
    read();
    const ends = [truckFeed.on("window", (each) => take([each])), truckFeed.on("recovered", read)];
    return () => ends.forEach((end) => end());
  }, []);
  const chosen = [...windows.value.values()].filter((each) => each.size === Number(size) * 1000);
  const step = Number(size) === 20 ? 20_000 : 30_000;
  const last = Math.max(...chosen.map((each) => each.windowEnd));
  const ends = chosen.length ? Array.from({ length: SHOWN }, (_, at) => last - (SHOWN - 1 - at) * step) : [];
  const counts = new Map(chosen.map((each) => [`${each.eventType} ${each.windowEnd}`, each.count]));
  const types = [...new Set([...TYPES.slice(1), ...chosen.map((each) => each.eventType)])];
  const count = (type, end) => counts.get(`${type} ${end}`) ?? 0;
  return html`<section class="windows" aria-labelledby="windows-title">
    <header><h2 id="windows-title">Danger by window</h2>
      <div class="choice" role="group" aria-label="Counted in windows of">${Object.entries(SIZES).map(([value, word]) => html`<button key=${value} type="button" aria-pressed=${String(value === size)} onClick=${() => setSize(value)}>${word}</button>`)}</div>
      <button type="button" aria-pressed=${String(asTable)} onClick=${() => setAsTable(!asTable)}>Table</button></header>
    ${problem.value && html`<p class="meta" role="alert">${problem.value.message}</p>`}
    ${!chosen.length && !problem.value && html`<p class="meta none">No window has closed yet: the first does ${size} s after the first dangerous event, and 5 s of grace.</p>`}
    ${chosen.length > 0 && (asTable ? html`<${Table} ends=${ends} types=${types} count=${count} />` : html`<${Bars} ends=${ends} types=${types} count=${count} />`)}
  </section>`;
}

function Bars({ ends, types, count }) {
  const most = Math.max(1, ...types.flatMap((type) => ends.map((end) => count(type, end))));
  const slot = WIDE / SHOWN;
  return html`<div class="bars">${types.map((type) => {
    const { slug } = kindOf(type);
    const latest = count(type, ends.at(-1));
    return html`<div class="bar-row" key=${type}><${Kind} type=${type} />
      <svg viewBox="0 0 ${WIDE} ${HIGH}" preserveAspectRatio="none" role="img" aria-label=${`${kindOf(type).word}: ${latest} in the last window, at most ${Math.max(...ends.map((end) => count(type, end)))} in the last ${SHOWN}`}>
        <path class="axis" d="M0,${HIGH - 0.5}H${WIDE}" />
        ${ends.map((end, at) => {
          const tall = (count(type, end) / most) * (HIGH - 4);
          return tall > 0 && html`<rect key=${end} class="truck-${slug}" x=${at * slot + 1.5} y=${HIGH - tall} width=${slot - 3} height=${tall}><title>${timeText(end)}: ${count(type, end)}</title></rect>`;
        })}</svg><span class="num strong">${latest || "–"}</span></div>`;
  })}<div class="bar-row scale meta"><span /><span><span class="num">${timeText(ends[0])}</span><span class="num">${timeText(ends.at(-1))}</span></span><span>last</span></div></div>`;
}

function Table({ ends, types, count }) {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Windows as a table"><table class="rows"><caption class="sr">Dangerous events by window and type, newest first</caption>
    <thead><tr><th scope="col">Window ends</th>${types.map((type) => html`<th key=${type} scope="col" class="num"><span class="status"><${Glyph} type=${type} />${kindOf(type).word}</span></th>`)}</tr></thead>
    <tbody>${ends.toReversed().map((end) => html`<tr key=${end}><th scope="row" class="num">${timeText(end)}</th>${types.map((type) => html`<td key=${type} class="num">${count(type, end)}</td>`)}</tr>`)}</tbody></table></div>`;
}
