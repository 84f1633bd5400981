import { html } from "../html.js";
import { useEffect, useRef } from "../vendor/hooks.js";
import { timeText } from "../clock.js";
import { go, route, withQuery } from "../router.js";
import { Copy } from "../parts/copy.js";
import { Icon } from "../parts/icon.js";
import { Skeleton } from "../parts/states.js";
import { beat, nameOf, names } from "./fleet.js";
import { Glyph, Kind } from "./glyph.js";
import { isDangerous, kindOf, TYPES } from "./kinds.js";
import { select, selection } from "./selection.js";

/** The truck or driver that the address names, with its history. */
export function Detail() {
  const { truck, driver } = route.value.query;
  const kind = truck ? "truck" : "driver";
  const id = truck ?? driver;
  useEffect(() => select(kind, id), [kind, id]);
  const title = useRef();
  useEffect(() => {
    title.current.focus({ preventScroll: true });
    const { top, bottom } = title.current.getBoundingClientRect();
    if (top < 60 || bottom > innerHeight) title.current.scrollIntoView({ block: "start" });
  }, [kind, id]);
  const about = selection.value;
  const close = () => go(withQuery({ truck: null, driver: null }));
  return html`<section class="detail" aria-label=${`${kind === "truck" ? "Truck" : "Driver"} ${id}`}>
    <header><h2 ref=${title} tabindex="-1">${kind === "truck" ? `Truck ${id}` : names.get(id) ?? `Driver ${id}`}</h2>
      <button type="button" class="quiet square" onClick=${close} aria-label="Close"><${Icon} name="close" size=${14} /></button></header>
    ${about.loading && html`<${Skeleton} rows=${3} label="Loading" />`}
    ${about.problem && html`<p class="meta" role="alert">${about.problem.message}</p>`}
    ${about.truck && html`<${TruckFacts} truck=${about.truck} />`}
    ${about.driver && html`<${DriverFacts} driver=${about.driver} />`}
    ${about.servedBy && html`<p class="meta">Held by <span class="mono">${about.servedBy}</span></p>`}
    <${Past} about=${about} />
  </section>`;
}

export function DriverLink({ id }) {
  void beat.value; // a name may be learnt meanwhile
  return html`<a href=${withQuery({ driver: id, truck: null })}>${names.get(id) ?? `Driver ${id}`}</a>`;
}

function TruckFacts({ truck: { last, events, dangerous, byType } }) {
  const counts = [...TYPES, ...Object.keys(byType).filter((type) => !TYPES.includes(type))].filter((type) => byType[type]);
  return html`<dl class="facts">
      <div><dt>Last event</dt><dd><${Kind} type=${last.eventType} /></dd></div>
      <div><dt>At</dt><dd class="num">${timeText(last.timestamp)}</dd></div>
      <div><dt>Driver</dt><dd><${DriverLink} id=${String(last.driverId)} /></dd></div>
      <div><dt>Route</dt><dd class="num">${last.routeId}</dd></div>
      <div><dt>Position</dt><dd class="num">${last.latitude.toFixed(2)}, ${last.longitude.toFixed(2)}</dd></div>
      <div><dt>Dangerous</dt><dd class="num">${dangerous.toLocaleString("en")} of ${events.toLocaleString("en")}</dd></div></dl>
    <ul class="counts">${counts.map((type) => html`<li key=${type}><${Kind} type=${type} /><span class="num">${byType[type].toLocaleString("en")}</span></li>`)}</ul>`;
}

function DriverFacts({ driver: { driverId, driver, today, ever, last } }) {
  return html`${!driver && html`<p class="meta">The database has no row for this driver${nameOf(driver) ?? ""}.</p>`}
    <dl class="facts">
      <div><dt>Driver</dt><dd><${Copy} text=${driverId} what="driver id" /></dd></div>
      <div><dt>Dangerous today</dt><dd class="num strong">${today.toLocaleString("en")}</dd></div>
      <div><dt>Ever</dt><dd class="num strong">${ever.toLocaleString("en")}</dd></div>
      ${driver?.birthdate && html`<div><dt>Born</dt><dd>${driver.birthdate}</dd></div>`}
      ${driver?.available && html`<div><dt>Available</dt><dd>${driver.available === "Y" ? "Yes" : "No"}</dd></div>`}
      ${last && html`<div><dt>Last with</dt><dd><a href=${withQuery({ truck: String(last.truckId), driver: null })}>Truck ${last.truckId}</a></dd></div>`}</dl>`;
}

function Past({ about }) {
  const { events = [], kind, historyProblem } = about;
  return html`<section class="past" aria-labelledby="past-title">
    <header><h3 id="past-title">${kind === "driver" ? "Dangerous events" : "Last events"}</h3><span class="meta num">${events.length}</span></header>
    ${historyProblem && html`<p class="meta" role="alert">The history could not be read: ${historyProblem.message}</p>`}
    ${!about.loading && !historyProblem && !events.length && html`<p class="meta">None lately.</p>`}
    <ol tabindex="0" aria-labelledby="past-title">${events.map(({ position, event }) => html`<li key=${`${event.timestamp} ${event.correlationId}`} class=${isDangerous(event.eventType) ? "dangerous" : ""}>
      <${Glyph} type=${event.eventType} /><span>${kindOf(event.eventType).word}</span>
      ${kind === "driver" && html`<a href=${withQuery({ truck: String(event.truckId), driver: null })}>Truck ${event.truckId}</a>`}
      <time class="meta num" datetime=${new Date(event.timestamp).toISOString()} title=${position ?? ""}>${timeText(event.timestamp)}</time></li>`)}</ol>
  </section>`;
}
