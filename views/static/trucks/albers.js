/**
 * The map's projection: Albers' conic equal-area, with Alaska (at 0.35) and Hawaii brought in below the south-west, onto
 * 975 by 610 units: what us-atlas drew its states in. Formulae: Snyder, Map Projections: A Working Manual, p. 98-103.
 */
export const WIDTH = 975;
export const HEIGHT = 610;
const SCALE = 1300;
const MIDDLE = [487.5, 305];
const RAD = Math.PI / 180;

function conic({ rotate, centre, parallels, scale, at, within }) {
  const [south, north] = parallels.map((degrees) => Math.sin(degrees * RAD));
  const n = (south + north) / 2;
  const c = 1 + south * (2 * n - south);
  const r0 = Math.sqrt(c) / n;
  const raw = (lambda, phi) => {
    const r = Math.sqrt(c - 2 * n * Math.sin(phi)) / n;
    return [r * Math.sin(n * lambda), r0 - r * Math.cos(n * lambda)];
  };
  const origin = raw(centre[0] * RAD, centre[1] * RAD);
  const k = SCALE * scale;
  const [x0, y0] = [MIDDLE[0] + at[0] * SCALE, MIDDLE[1] + at[1] * SCALE];
  const [west, top, east, bottom] = within;
  return (longitude, latitude) => {
    const turned = ((longitude + rotate + 540) % 360) - 180;
    const [x, y] = raw(turned * RAD, latitude * RAD);
    const px = x0 + k * (x - origin[0]);
    const py = y0 - k * (y - origin[1]);
    const [u, v] = [(px - MIDDLE[0]) / SCALE, (py - MIDDLE[1]) / SCALE];
    return u >= west && u <= east && v >= top && v <= bottom ? [px, py] : null;
  };
}

// In this order: what Alaska's and Hawaii's frames hold is not the lower 48's.
const PARTS = [
  conic({ rotate: 96, centre: [-0.6, 38.7], parallels: [29.5, 45.5], scale: 1, at: [0, 0], within: [-0.455, -0.238, 0.455, 0.238] }),
  conic({ rotate: 154, centre: [-2, 58.5], parallels: [55, 65], scale: 0.35, at: [-0.307, 0.201], within: [-0.425, 0.12, -0.214, 0.234] }),
  conic({ rotate: 157, centre: [-3, 19.9], parallels: [8, 18], scale: 1, at: [-0.205, 0.212], within: [-0.214, 0.166, -0.115, 0.234] }),
];
const HOMES = [
  (longitude, latitude) => longitude > -128 && longitude < -60 && latitude > 22 && latitude < 52,
  (longitude, latitude) => latitude > 50,
  (longitude, latitude) => longitude < -150 && longitude > -165 && latitude > 15 && latitude < 25,
];

/** Where a place is on the map, [x, y], or null when it is not on it. */
export function project(longitude, latitude) {
  for (let part = 0; part < PARTS.length; part += 1) {
    if (HOMES[part](longitude, latitude)) {
      const point = PARTS[part](longitude, latitude);
      if (point) return point;
    }
  }
  return null;
}
