import { html } from "../html.js";
import { signal } from "../vendor/signals.js";
import { call } from "../api.js";
import { truckFeed } from "../feed.js";
import { withQuery } from "../router.js";
import { Skeleton } from "../parts/states.js";
import { nameOf, names } from "./fleet.js";

const AGAIN_MS = 2000;
const SHOWN = 10;
const ranking = signal({ items: null, problem: null, drivers: 0 });

async function read() {
  try {
    const { data } = await call("/api/drivers?limit=1000");
    for (const { driverId, driver } of data.items) if (driver) names.set(driverId, nameOf(driver));
    ranking.value = { items: data.items, drivers: data.drivers, problem: null };
  } catch (problem) {
    ranking.value = { ...ranking.peek(), problem };
  }
}

/** The workers count: they are asked again when there was something to count. Returns how to stop. */
export function followDrivers() {
  let timer = null;
  read();
  const again = () => (timer ??= setTimeout(() => {
    timer = null;
    read();
  }, AGAIN_MS));
  const ends = [truckFeed.on("dangerous", again), truckFeed.on("recovered", read)];
  return () => {
    clearTimeout(timer);
    ends.forEach((end) => end());
  };
}

/** Drivers by dangerous events today. */
export function Ranking() {
  const { items, problem, drivers } = ranking.value;
  const rows = (items ?? []).filter((item) => item.ever > 0).slice(0, SHOWN);
  const most = Math.max(1, ...rows.map((row) => row.today));
  return html`<section class="ranking" aria-labelledby="ranking-title">
    <header><h2 id="ranking-title">Most dangerous drivers</h2><span class="meta">today, UTC</span></header>
    ${problem && html`<p class="meta" role="alert">${items ? "As of the last answer: " : ""}${problem.message}</p>`}
    ${!items && !problem && html`<${Skeleton} rows=${6} label="Loading the drivers" />`}
    ${items && !rows.length && html`<p class="meta">No dangerous event yet${drivers ? `, of ${drivers} drivers` : ""}.</p>`}
    ${rows.length > 0 && html`<table class="rows"><caption class="sr">Drivers by dangerous events today</caption>
      <thead><tr><th scope="col">Driver</th><th scope="col" class="num">Today</th><th scope="col" class="num">Ever</th></tr></thead>
      <tbody>${rows.map(({ driverId, driver, today, ever }) => html`<tr key=${driverId}>
        <td class="who"><a href=${withQuery({ driver: driverId, truck: null })}>${nameOf(driver) ?? `Driver ${driverId}`}</a>${!driver && html`<span class="meta"> no row</span>`}
          <span class="bar-of" style=${`width: ${(today / most) * 100}%`} aria-hidden="true" /></td>
        <td class="num">${today.toLocaleString("en")}</td><td class="num ever">${ever.toLocaleString("en")}</td></tr>`)}</tbody></table>`}
  </section>`;
}
