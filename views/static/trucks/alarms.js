import { html } from "../html.js";
import { timeText } from "../clock.js";
import { withQuery } from "../router.js";
import { DriverLink } from "./detail.js";
import { wants, filter } from "./filter.js";
import { alarms } from "./fleet.js";
import { Glyph } from "./glyph.js";
import { kindOf } from "./kinds.js";

const SHOWN = 8;

/** The dangerous events that came in while one looked, newest first. */
export function Alarms() {
  void filter.value;
  const shown = alarms.value.filter((event) => wants(event.eventType)).slice(0, SHOWN);
  return html`<section class="alarms" aria-labelledby="alarms-title">
    <header><h2 id="alarms-title">Dangerous just now</h2></header>
    ${!shown.length && html`<p class="meta">Nothing since you opened this page.</p>`}
    <ol>${shown.map((event) => html`<li key=${`${event.timestamp} ${event.correlationId}`}><${Glyph} type=${event.eventType} />
      <span class="what">${kindOf(event.eventType).word}<span class="meta"><a href=${withQuery({ truck: String(event.truckId), driver: null })}>Truck ${event.truckId}</a> · <${DriverLink} id=${String(event.driverId)} /></span></span>
      <time class="meta num">${timeText(event.timestamp)}</time></li>`)}</ol>
  </section>`;
}
