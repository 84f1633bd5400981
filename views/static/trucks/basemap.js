import { signal } from "../vendor/signals.js";

/** The country as SVG paths, null until it is loaded: `land` to fill, `borders` to draw, `names` to write. */
export const basemap = signal(null);

const POSTAL = {
  Alabama: "AL", Arizona: "AZ", Arkansas: "AR", California: "CA", Colorado: "CO", Florida: "FL", Georgia: "GA", Idaho: "ID",
  Illinois: "IL", Indiana: "IN", Iowa: "IA", Kansas: "KS", Kentucky: "KY", Louisiana: "LA", Maine: "ME", Michigan: "MI",
  Minnesota: "MN", Mississippi: "MS", Missouri: "MO", Montana: "MT", Nebraska: "NE", Nevada: "NV", "New Mexico": "NM",
  "New York": "NY", "North Carolina": "NC", "North Dakota": "ND", Ohio: "OH", Oklahoma: "OK", Oregon: "OR", Pennsylvania: "PA",
  "South Carolina": "SC", "South Dakota": "SD", Tennessee: "TN", Texas: "TX", Utah: "UT", Virginia: "VA", Washington: "WA",
  "West Virginia": "WV", Wisconsin: "WI", Wyoming: "WY", Alaska: "AK",
};

export async function loadBasemap() {
  if (basemap.peek()) return;
  // Kept by the browser, and asked for with its etag: it never changes between versions.
  const topology = await (await fetch("/static/vendor/us-states.json")).json();
  const arcs = topology.arcs.map((arc) => absolute(arc, topology.transform));
  const { nation, states } = topology.objects;
  basemap.value = {
    land: ringsOf(nation.geometries[0]).map((ring) => `${line(points(ring, arcs))}Z`).join(""),
    borders: arcs.map(line).join(""),
    names: states.geometries.filter((state) => POSTAL[state.properties.name]).map((state) => ({ text: POSTAL[state.properties.name], at: middle(state, arcs) })),
  };
}

/** TopoJSON keeps whole numbers, each the step from the one before it. */
function absolute(arc, { scale, translate }) {
  let [x, y] = [0, 0];
  return arc.map(([dx, dy]) => {
    x += dx;
    y += dy;
    return [x * scale[0] + translate[0], y * scale[1] + translate[1]];
  });
}

function ringsOf({ type, arcs }) {
  return type === "Polygon" ? arcs : arcs.flat();
}

function points(ring, arcs) {
  return ring.flatMap((at) => (at < 0 ? arcs[~at].toReversed() : arcs[at]));
}

function line(places) {
  return `M${places.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join("L")}`;
}

/** The centroid of a state's largest part. */
function middle(state, arcs) {
  let best = { area: 0, at: [0, 0] };
  for (const ring of ringsOf(state)) {
    const places = points(ring, arcs);
    let [area, x, y] = [0, 0, 0];
    for (let at = 0; at < places.length; at += 1) {
      const [[ax, ay], [bx, by]] = [places[at], places[(at + 1) % places.length]];
      const cross = ax * by - bx * ay;
      area += cross;
      x += (ax + bx) * cross;
      y += (ay + by) * cross;
    }
    if (Math.abs(area) > best.area) best = { area: Math.abs(area), at: [x / (3 * area), y / (3 * area)] };
  }
  return best.at;
}
