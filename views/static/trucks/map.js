import { html } from "../html.js";
import { signal } from "../vendor/signals.js";
import { useEffect, useRef } from "../vendor/hooks.js";
import { go, route, withQuery } from "../router.js";
import { theme } from "../theme.js";
import { Icon } from "../parts/icon.js";
import { HEIGHT, WIDTH } from "./albers.js";
import { basemap, loadBasemap } from "./basemap.js";
import { beat, fleet } from "./fleet.js";
import { filter } from "./filter.js";
import { Scene } from "./scene.js";
import { selection } from "./selection.js";

const COUNTRY = { x: 0, y: 0, w: WIDTH, h: HEIGHT };
const CLOSEST = 12;
const view = signal(COUNTRY);

/** The same middle, or the place given, nearer by a factor; never beyond the country. */
function zoom(factor, middle = [view.peek().x + view.peek().w / 2, view.peek().y + view.peek().h / 2]) {
  const { x, y, w } = view.peek();
  const wide = Math.min(WIDTH, Math.max(WIDTH / CLOSEST, w / factor));
  const share = wide / w;
  put(middle[0] - (middle[0] - x) * share, middle[1] - (middle[1] - y) * share, wide);
}

function put(x, y, w) {
  const h = (w * HEIGHT) / WIDTH;
  view.value = { x: Math.min(WIDTH - w, Math.max(0, x)), y: Math.min(HEIGHT - h, Math.max(0, y)), w, h };
}

export function TruckMap() {
  const canvas = useRef();
  const scene = useRef();
  useEffect(() => {
    loadBasemap().catch(() => {}); // trucks on a bare ground are still trucks
    scene.current = new Scene(canvas.current, look());
    const size = new ResizeObserver(() => scene.current.measure());
    size.observe(canvas.current);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const colours = () => scene.current.measure();
    dark.addEventListener("change", colours);
    canvas.current.scene = scene.current;
    return () => {
      size.disconnect();
      dark.removeEventListener("change", colours);
      scene.current.close();
    };
  }, []);
  const wanted = look();
  useEffect(() => {
    scene.current.look = wanted;
    scene.current.wake(true);
  }, [wanted.view, wanted.selected, wanted.driver, wanted.trail, filter.value]);
  useEffect(() => scene.current.measure(), [theme.value]);
  return html`<section class="truck-map" aria-label="Map">
    <${Ground} />
    <canvas ref=${canvas} role="img" aria-label="Map of the United States with the trucks on it; the list of trucks below has the same" ...${hands(canvas, scene)} />
    <div class="zoom"><button type="button" class="square" aria-label="Zoom in" onClick=${() => zoom(1.7)} disabled=${view.value.w <= WIDTH / CLOSEST}><${Icon} name="plus" size=${14} /></button>
      <button type="button" class="square" aria-label="Zoom out" onClick=${() => zoom(1 / 1.7)} disabled=${view.value.w === WIDTH}><${Icon} name="minus" size=${14} /></button>
      ${view.value.w < WIDTH && html`<button type="button" onClick=${() => (view.value = COUNTRY)}>Whole country</button>`}</div>
    <${OffMap} />
  </section>`;
}

function look() {
  const { truck = null, driver = null } = route.value.query;
  return { view: view.value, selected: truck, driver, trail: selection.value.truck?.id === truck ? selection.value.trail : [] };
}

/** States and their names; the browser scales them, so that zooming draws nothing anew. */
function Ground() {
  const { x, y, w, h } = view.value;
  const base = basemap.value;
  return html`<svg class="ground" viewBox="${x} ${y} ${w} ${h}" aria-hidden="true">${base && html`<${Country} base=${base} /><${Names} names=${base.names} size=${(11 * w) / WIDTH + 1} />`}</svg>`;
}

// Drawn once: preact leaves alone what it gave before.
let drawn = null;
function Country({ base }) {
  drawn ??= html`<g><path class="land" d=${base.land} /><path class="borders" d=${base.borders} /></g>`;
  return drawn;
}

function Names({ names, size }) {
  return html`<g font-size=${size}>${names.map(({ text, at }) => html`<text key=${text} x=${at[0]} y=${at[1]}>${text}</text>`)}</g>`;
}

function OffMap() {
  void beat.value;
  let off = 0;
  for (const truck of fleet.values()) off += truck.x === null;
  return off > 0 && html`<p class="off-map meta">${off.toLocaleString("en")} off this map; the list has ${off === 1 ? "it" : "them"}</p>`;
}

/** What a hand does on the map: a click picks a truck, dragging moves, two clicks or Ctrl and the wheel zoom. */
function hands(canvas, scene) {
  let grip = null;
  const spot = (event) => {
    const { left, top } = canvas.current.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  };
  const place = (event) => {
    const [left, top] = spot(event);
    const unit = view.peek().w / canvas.current.clientWidth;
    return [view.peek().x + left * unit, view.peek().y + top * unit];
  };
  return {
    onPointerDown: (event) => (grip = { at: [event.clientX, event.clientY], from: view.peek(), moved: false }),
    onPointerMove: (event) => {
      if (grip && event.buttons && event.pointerType !== "touch") {
        const [dx, dy] = [event.clientX - grip.at[0], event.clientY - grip.at[1]];
        grip.moved ||= Math.hypot(dx, dy) > 4;
        const unit = grip.from.w / canvas.current.clientWidth;
        if (grip.moved) put(grip.from.x - dx * unit, grip.from.y - dy * unit, grip.from.w);
        return;
      }
      const truck = scene.current.at(...spot(event));
      canvas.current.style.cursor = truck ? "pointer" : "";
      scene.current.hovered = truck;
      scene.current.wake();
    },
    onPointerLeave: () => {
      scene.current.hovered = null;
      scene.current.wake();
    },
    onClick: (event) => {
      if (grip?.moved) return;
      const truck = scene.current.at(...spot(event));
      if (truck) go(withQuery({ truck: truck.id, driver: null }));
    },
    onDblClick: (event) => zoom(1.7, place(event)),
    onWheel: (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      zoom(event.deltaY < 0 ? 1.25 : 0.8, place(event));
    },
  };
}
