import { html } from "../html.js";
import { useEffect, useRef } from "../vendor/hooks.js";
import { truckFeed } from "../feed.js";
import { useTitle } from "../frame.js";
import { go, route, withQuery } from "../router.js";
import { mainFeed } from "../services.js";
import { CommandLine } from "../parts/copy.js";
import { Icon } from "../parts/icon.js";
import { Empty, Failure, Skeleton } from "../parts/states.js";
import { Shape } from "../parts/status.js";
import { Alarms } from "../trucks/alarms.js";
import { Detail } from "../trucks/detail.js";
import { filter } from "../trucks/filter.js";
import { beat, fleet, follow, readFleet, reading } from "../trucks/fleet.js";
import { Glyph } from "../trucks/glyph.js";
import { kindOf, TYPES } from "../trucks/kinds.js";
import { TruckList } from "../trucks/list.js";
import { TruckMap } from "../trucks/map.js";
import { followDrivers, Ranking } from "../trucks/ranking.js";
import { Windows } from "../trucks/windows.js";

export function Page() {
  useTitle("Trucks");
  useEffect(() => {
    const ends = [follow(), followDrivers()];
    return () => {
      ends.forEach((end) => end());
      if (mainFeed.peek() !== truckFeed) truckFeed.stop();
    };
  }, []);
  return html`
    <div class="page-head"><h1>Trucks</h1><${Pulse} /></div>
    <div class="tools truck-tools"><${Kinds} /><${Search} /></div>
    <${Missing} />
    <${Body} />`;
}

function Body() {
  void beat.value;
  const { state, problem } = reading.value;
  if (state === "error") return html`<${Failure} title="The trucks could not be loaded" problem=${problem} again=${readFleet} />`;
  if (state === "loading" && !fleet.size) return html`<${Skeleton} rows=${12} label="Loading trucks" />`;
  if (!fleet.size) return html`<${NoTrucks} />`;
  return html`<${Cockpit} />`;
}

function Cockpit() {
  const { truck, driver } = route.value.query;
  return html`<div class="cockpit">
    <${TruckMap} />
    <aside class="cockpit-side" aria-label="Drivers">${truck || driver ? html`<${Detail} />` : html`<${Ranking} /><${Alarms} />`}</aside>
    <${Windows} />
    <${TruckList} /></div>`;
}

function Pulse() {
  void beat.value;
  const rate = truckFeed.rate.value;
  if (!fleet.size) return html`<span class="meta" />`;
  return html`<span class="meta num">${fleet.size.toLocaleString("en")} trucks${reading.value.more ? ", and more" : ""}${truckFeed.state.value.state === "live" ? ` · ${rate >= 9.95 ? Math.round(rate) : rate.toFixed(1)} moves/s` : ""}</span>`;
}

/** The filter by type, which is the legend of the map too. */
function Kinds() {
  const { show } = filter.value;
  const tabs = [["", "All"], ["dangerous", "Dangerous"], ...TYPES.map((type) => [kindOf(type).slug, kindOf(type).word, type])];
  return html`<nav class="tabs" aria-label="Type of event">${tabs.map(([slug, word, type]) => html`<a key=${slug} href=${withQuery({ show: slug })} aria-current=${slug === show ? "true" : undefined}>
    ${type && html`<${Glyph} type=${type} />`}${slug === "dangerous" && html`<${Shape} of="warning" size=${12} />`}${word}</a>`)}</nav>`;
}

function Search() {
  const box = useRef();
  const set = (text) => go(withQuery({ q: text }), { replace: true });
  return html`<div class="search" role="search"><${Icon} name="search" size=${14} />
    <input ref=${box} type="search" aria-label="Search trucks by id, driver or route" placeholder="Search truck, driver" value=${route.value.query.q ?? ""}
      onInput=${(event) => set(event.currentTarget.value)}
      onKeyDown=${(event) => {
        if (event.key === "Escape") { set(""); event.currentTarget.blur(); }
        if (event.key === "Enter") document.querySelector("[data-row]")?.focus();
      }} /><kbd aria-hidden="true">/</kbd></div>`;
}

function Missing() {
  const { missing } = reading.value;
  if (!missing.length) return null;
  const many = missing.length > 1;
  return html`<div class="banner warn" role="status"><${Shape} of="warning" /><span><strong>Some trucks are missing.</strong>
    ${` Partition${many ? "s" : ""} ${missing.join(", ")} ${many ? "have" : "has"} no ready owner: a worker left, or is still restoring. Trucks that move show up by themselves. `}<a href="/workers">See the workers</a></span>
    <button type="button" onClick=${readFleet}>Load again</button></div>`;
}

function NoTrucks() {
  return html`<${Empty} title="No truck has said where it is yet">
    <p>As soon as one does, it is on the map. Let the simulator drive some over MQTT:</p>
    <${CommandLine} text="kawka simulate trucks --trucks 40 --rate 50" />
    <p>Or be a truck yourself, with any MQTT client: publish to <span class="mono">truck/31/position</span></p>
    <${CommandLine} text=${`${Date.now()},31,27,1927624662,Normal,37.31,-94.31,1`} /><//>`;
}
