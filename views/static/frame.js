import { html } from "./html.js";
import { useEffect } from "./vendor/hooks.js";
import { ageText, now } from "./clock.js";
import { cluster, tasks } from "./cluster.js";
import { notice } from "./notice.js";
import { route } from "./router.js";
import { runs, shownFeed } from "./services.js";
import { nextTheme, theme } from "./theme.js";
import { Icon } from "./parts/icon.js";
import { Shape } from "./parts/status.js";

const PLACES = [
  { href: "/", label: "Invoices", icon: "invoices", names: ["invoices", "invoice"], shown: runs.invoices },
  { href: "/trucks", label: "Trucks", icon: "trucks", names: ["trucks"], shown: runs.trucking },
  { href: "/orders", label: "Orders", icon: "orders", names: ["orders"], shown: runs.orders },
  { href: "/workers", label: "Workers", icon: "workers", names: ["workers"] },
  { href: "/topology", label: "Topology", icon: "topology", names: ["topology"] },
  { href: "/dead-letters", label: "Dead letters", icon: "dead", names: ["dead-letters"] },
];

export function Frame({ children }) {
  return html`<a class="skip" href="#main">Skip to the page</a>
    <div class="frame">
      <${Rail} />
      <div class="stage">
        <${Bar} />
        <${FeedBanner} />
        <main id="main" tabindex="-1" class=${shownFeed.value.state.value.state === "lost" ? "stale" : ""}>${children}</main>
      </div>
      <div class="notice" role="status" aria-live="polite">${notice.value && html`<span><${Icon} name="check" />${notice.value}</span>`}</div>
    </div>`;
}

function Rail() {
  return html`<nav class="rail" aria-label="Main">
    <a class="brand" href="/"><img src="/static/icon.svg" width="22" height="22" alt="" /><span>Kawka</span></a>
    <ul>${PLACES.filter((place) => place.shown?.value ?? true).map((place) => html`<li key=${place.href}><a href=${place.href} aria-current=${place.names.includes(route.value.name) ? "page" : undefined}>
      <${Icon} name=${place.icon} /><span>${place.label}</span></a></li>`)}</ul>
    <p class="keys"><span><kbd>/</kbd></span>search<span><kbd>c</kbd></span>create<span><kbd>j</kbd> <kbd>k</kbd></span>along the rows</p>
  </nav>`;
}

function Bar() {
  const { ready, all, lag } = tasks.value;
  const asked = cluster.value.workers !== null;
  const healthy = asked && ready === all && all > 0 && !cluster.value.problem;
  return html`<header class="bar" aria-label="Cluster">
    <span class="fact served"><span class="label">Served by</span> <span class="mono">${location.host}</span></span>
    <a class="fact" href="/workers"><${Shape} of=${healthy ? "ready" : asked && !cluster.value.problem ? "restoring" : "warning"} size=${10} />
      <span class="num">${asked ? `${ready}/${all}` : "–/–"}</span> <span class="label">tasks ready</span></a>
    <span class="fact"><span class="label">Lag</span> <span class="num">${asked ? lag.toLocaleString("en") : "–"}</span></span>
    <span class="space" />
    <${Light} />
    <button type="button" class="quiet square" onClick=${nextTheme} aria-label=${`Theme: ${theme.value}. Switch`} title=${`Theme: ${theme.value}`}>
      <${Icon} name=${theme.value} /></button>
  </header>`;
}

const LIGHT = { live: ["ready", "Live"], connecting: ["restoring", "Connecting"], lost: ["lost", "Feed lost"] };

function Light() {
  const { state, last } = shownFeed.value;
  const [shape, word] = LIGHT[state.value.state];
  const age = last.value === null ? null : ageText(now.value - last.value);
  return html`<span class="fact light" data-feed=${state.value.state} title="Time since the last event">
    <span class=${`lamp ${state.value.state}`}><${Shape} of=${shape} size=${10} /></span>
    <span>${word}</span>${age !== null && html`<span class="num age" aria-hidden="true">${age}</span>`}</span>`;
}

function FeedBanner() {
  const feed = shownFeed.value.state;
  const lost = feed.value.state === "lost";
  // Read aloud once when it drops and once when it is back, not with every second of its age.
  return html`<div role="status" aria-live="polite" class="sr">${lost ? "Live feed lost, reconnecting" : ""}</div>
    ${lost && html`<div class="banner"><${Shape} of="lost" />${feed.value.heard === null ? html`<span><strong>No live feed yet.</strong> What you see is as of when it was loaded. Trying again.</span>`
      : html`<span><strong>The live feed dropped.</strong> You see the state of ${ageText(now.value - feed.value.heard)} ago. Reconnecting; the gap will be filled.</span>`}</div>`}`;
}

export function useTitle(text) {
  useEffect(() => {
    document.title = `${text} · Kawka`;
  }, [text]);
}
