import { html } from "../html.js";
import { useState } from "../vendor/hooks.js";
import { ageText } from "../clock.js";
import { go, route, withQuery } from "../router.js";
import { Empty } from "../parts/states.js";
import { DriverLink } from "./detail.js";
import { chosen, filter } from "./filter.js";
import { beat, fleet } from "./fleet.js";
import { Kind } from "./glyph.js";

const PAGE = 50;

/** The trucks on show as a table: what the map has, for keys and readers. It follows the beat, not each event. */
export function TruckList() {
  void [beat.value, filter.value];
  const [most, setMost] = useState(PAGE);
  const trucks = chosen();
  const rows = trucks.slice(0, most);
  const now = Date.now();
  return html`<section class="truck-list" aria-labelledby="list-title">
    <header><h2 id="list-title">Trucks</h2><span class="meta num" role="status">${trucks.length.toLocaleString("en")}${trucks.length < fleet.size ? ` of ${fleet.size.toLocaleString("en")}` : ""}</span></header>
    ${!rows.length && html`<${Empty} title="No truck fits"><p>None ${filter.value.show && filter.value.show !== "normal" ? "sent such an event in the last minute" : "is driven like that now"}${filter.value.words.length ? ", with these words" : ""}.</p>
      <button type="button" onClick=${() => go(withQuery({ show: null, q: null }))}>Show all trucks</button><//>`}
    ${rows.length > 0 && html`<table class="rows trucks"><caption class="sr">Trucks on show</caption>
      <thead><tr><th scope="col">Truck</th><th scope="col">Last event</th><th scope="col">Driver</th><th scope="col" class="wide-only">Position</th><th scope="col" class="num">Dangerous</th><th scope="col" class="num">Age</th></tr></thead>
      <tbody>${rows.map((truck) => html`<${Row} key=${truck.id} truck=${truck} now=${now} />`)}</tbody></table>`}
    ${trucks.length > most && html`<p class="foot"><button type="button" onClick=${() => setMost(most + PAGE)}>Show ${PAGE} more</button></p>`}
  </section>`;
}

function Row({ truck, now }) {
  const open = (event) => {
    // The whole row is a target for the mouse; for keys and readers there is the link.
    if (!event.target.closest("a, button") && !getSelection().toString()) go(withQuery({ truck: truck.id, driver: null }));
  };
  return html`<tr onClick=${open} class=${route.value.query.truck === truck.id ? "picked" : ""}>
    <td><a class="mono" href=${withQuery({ truck: truck.id, driver: null })} data-row>${truck.id}</a></td>
    <td><${Kind} type=${truck.type} /></td>
    <td class="who"><${DriverLink} id=${truck.driverId} /></td>
    <td class="num wide-only place">${truck.latitude.toFixed(2)}, ${truck.longitude.toFixed(2)}</td>
    <td class="num">${truck.dangerous.toLocaleString("en")}</td>
    <td class="num age">${ageText(now - truck.at)}</td></tr>`;
}
