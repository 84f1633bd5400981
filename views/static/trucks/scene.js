import { fleet, onTruck, placeOf } from "./fleet.js";
import { fits, wants } from "./filter.js";
import { project } from "./albers.js";
import { isDangerous, kindOf, SLUGS, TYPES } from "./kinds.js";

const RING_MS = 2600;
const MOST_RINGS = 200;
const MANY = 1500; // beyond this many on show, an ordinary truck is a dot
const LAYER_MS = 500; // and those that stand still are painted this often, not with every frame
const REACH = 16; // px around a truck where a click means it
const calm = matchMedia("(prefers-reduced-motion: reduce)");

/**
 * The trucks, drawn on a canvas over the map. It draws while something moves and rests when nothing does; nothing here is
 * done by preact. `look` says what the page wants: {view: {x, y, w, h} in the map's units, selected, driver, trail}.
 */
export class Scene {
  #canvas;
  #pen;
  #rings = [];
  #sprites = new Map();
  #layer = document.createElement("canvas");
  #layered = 0;
  #colours = {};
  #frame = 0;
  #size = { width: 0, height: 0, scale: 1 };
  #shown = [];
  #sieved = 0;
  #stale = false;
  #forget;
  hovered = null;
  drawn = 0;

  constructor(canvas, look) {
    this.#canvas = canvas;
    this.#pen = canvas.getContext("2d");
    this.look = look;
    this.#forget = onTruck((truck, event) => {
      if (!truck && wants(event.eventType)) this.#ring(event);
      this.#stale = true;
      this.wake();
    });
    this.measure();
  }

  close() {
    cancelAnimationFrame(this.#frame);
    this.#forget();
  }

  /** The canvas has another size, or the page other colours. */
  measure() {
    const { width, height } = this.#canvas.getBoundingClientRect();
    const scale = Math.min(devicePixelRatio || 1, 2);
    this.#size = { width, height, scale };
    this.#canvas.width = Math.round(width * scale);
    this.#canvas.height = Math.round(height * scale);
    for (const slug of SLUGS) this.#colours[slug] = this.#token(`--truck-${slug}`);
    for (const name of ["surface", "ink", "accent", "line-strong"]) this.#colours[name] = this.#token(`--${name}`);
    this.#layer.width = this.#canvas.width;
    this.#layer.height = this.#canvas.height;
    this.#paintSprites();
    this.wake(true);
  }

  /** A token as the colour that it is in this theme: only a property that takes colours resolves light-dark(). */
  #token(name) {
    this.#canvas.style.color = `var(${name})`;
    return getComputedStyle(this.#canvas).color;
  }

  /** What is on show changed, or may have: draw. `sieve`: the filter too. */
  wake(sieve = false) {
    if (sieve) [this.#sieved, this.#layered, this.#stale] = [0, 0, true];
    this.#frame ||= requestAnimationFrame((now) => this.#draw(now));
  }

  /** The truck under a point of the canvas, in px, or null. */
  at(left, top) {
    const now = performance.now();
    let best = null;
    let least = REACH;
    for (const truck of this.#shown) {
      if (truck.x === null) continue;
      const [x, y] = this.#px(...placeOf(truck, now));
      const off = Math.hypot(x - left, y - top);
      if (off < least) [best, least] = [truck, off];
    }
    return best;
  }

  #ring(event) {
    const place = project(event.longitude, event.latitude);
    if (!place || document.hidden) return;
    this.#rings.push({ x: place[0], y: place[1], type: event.eventType, since: performance.now() });
    if (this.#rings.length > MOST_RINGS) this.#rings.shift();
  }

  #px(x, y) {
    const { view } = this.look;
    const zoom = this.#size.width / view.w;
    return [(x - view.x) * zoom, (y - view.y) * zoom];
  }

  #paintSprites() {
    for (const type of [...TYPES, "?"]) {
      const { slug, path } = kindOf(type);
      const sprite = document.createElement("canvas");
      sprite.width = sprite.height = Math.ceil(18 * this.#size.scale);
      const pen = sprite.getContext("2d");
      pen.setTransform(this.#size.scale, 0, 0, this.#size.scale, sprite.width / 2, sprite.height / 2);
      const shape = new Path2D(path);
      pen.lineWidth = 3;
      pen.lineJoin = "round";
      pen.strokeStyle = this.#colours.surface;
      pen.stroke(shape);
      pen.fillStyle = this.#colours[slug];
      pen.fill(shape);
      this.#sprites.set(slug, sprite);
    }
  }

  #draw(now) {
    this.#frame = 0;
    this.drawn += 1;
    const pen = this.#pen;
    const { width, height, scale } = this.#size;
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    if (now - this.#sieved > 500) {
      this.#shown = [...fleet.values()].filter((truck) => fits(truck));
      [this.#sieved, this.#layered, this.#stale] = [now, 0, false];
    }
    this.#drawTrail(pen);
    this.#drawRings(pen, now);
    const moving = this.#drawTrucks(pen, now);
    this.#drawNamed(pen, now);
    if (moving || this.#rings.length || this.#stale) this.wake(); // a new truck that stands is on show with the next sieving
  }

  /** Draws the trucks; gives whether any of them moves. */
  #drawTrucks(pen, now) {
    const moves = (truck) => now - truck.since < truck.takes && !calm.matches;
    if (this.#shown.length <= MANY) {
      this.#stamp(pen, this.#shown, now, false);
      return this.#shown.some(moves);
    }
    const moving = this.#shown.filter(moves);
    if (now - this.#layered > LAYER_MS) {
      this.#layered = now;
      const { width, height, scale } = this.#size;
      const paint = this.#layer.getContext("2d");
      paint.setTransform(scale, 0, 0, scale, 0, 0);
      paint.clearRect(0, 0, width, height);
      this.#stamp(paint, this.#shown.filter((truck) => !moves(truck)), now, true);
    }
    pen.drawImage(this.#layer, 0, 0, this.#size.width, this.#size.height);
    this.#stamp(pen, moving, now, true);
    return moving.length > 0;
  }

  #stamp(pen, trucks, now, dots) {
    const side = 18;
    const { width, height } = this.#size;
    const dangerous = [];
    pen.fillStyle = this.#colours.normal;
    for (const truck of trucks) {
      if (truck.x === null) continue;
      const [x, y] = calm.matches ? this.#px(truck.x, truck.y) : this.#px(...placeOf(truck, now));
      if (x < -side || y < -side || x > width + side || y > height + side) continue;
      const { slug } = kindOf(truck.type);
      if (slug !== "normal") dangerous.push([slug, x, y]);
      else if (dots) pen.fillRect(x - 1.5, y - 1.5, 3, 3);
      else pen.drawImage(this.#sprites.get(slug), x - side / 2, y - side / 2, side, side);
    }
    // Dangerous ones on top of the others, whatever their order; where there are many, smaller.
    const size = dots ? 11 : side;
    for (const [slug, x, y] of dangerous) pen.drawImage(this.#sprites.get(slug), x - size / 2, y - size / 2, size, size);
  }

  #drawRings(pen, now) {
    this.#rings = this.#rings.filter((ring) => now - ring.since < RING_MS);
    for (const ring of this.#rings) {
      const share = (now - ring.since) / RING_MS;
      const { slug } = kindOf(ring.type);
      const [x, y] = this.#px(ring.x, ring.y);
      pen.globalAlpha = 1 - share;
      pen.strokeStyle = this.#colours[slug];
      pen.lineWidth = 2;
      const radius = calm.matches ? 16 : 10 + 20 * Math.sqrt(share);
      pen.beginPath();
      pen.arc(x, y, radius, 0, 2 * Math.PI);
      pen.stroke();
      // Its shape rides on the ring: the truck in the middle may be driven normally by now.
      pen.drawImage(this.#sprites.get(slug), x - 9, y - radius - 9, 18, 18);
    }
    pen.globalAlpha = 1;
  }

  /** Where the selected truck came along, as far as its history was read. */
  #drawTrail(pen) {
    const { trail } = this.look;
    if (!trail?.length) return;
    const places = trail.map((event) => [event, project(event.longitude, event.latitude)]).filter(([, place]) => place);
    pen.strokeStyle = this.#colours.accent;
    pen.lineWidth = 2;
    pen.globalAlpha = 0.7;
    pen.beginPath();
    for (const [, place] of places) pen.lineTo(...this.#px(...place));
    pen.stroke();
    for (const [event, place] of places) {
      if (!isDangerous(event.eventType)) continue;
      const [x, y] = this.#px(...place);
      pen.drawImage(this.#sprites.get(kindOf(event.eventType).slug), x - 6, y - 6, 12, 12);
    }
    pen.globalAlpha = 1;
  }

  #drawNamed(pen, now) {
    const { selected, driver } = this.look;
    const named = new Set([fleet.get(selected), this.hovered].filter(Boolean));
    if (driver) for (const truck of fleet.values()) if (truck.driverId === driver) named.add(truck);
    for (const truck of named) {
      if (truck.x === null) continue;
      const [x, y] = this.#px(...placeOf(truck, now));
      pen.strokeStyle = this.#colours.accent;
      pen.lineWidth = 2.5;
      pen.beginPath();
      pen.arc(x, y, 11, 0, 2 * Math.PI);
      pen.stroke();
      this.#label(pen, x, y, `${truck.id} · ${kindOf(truck.type).word}`);
    }
  }

  #label(pen, x, y, text) {
    pen.font = "600 12px system-ui, sans-serif";
    const wide = pen.measureText(text).width + 12;
    const left = x + 16 + wide > this.#size.width ? x - 16 - wide : x + 16;
    pen.fillStyle = this.#colours.surface;
    pen.strokeStyle = this.#colours["line-strong"];
    pen.lineWidth = 1;
    pen.beginPath();
    pen.roundRect(left, y - 11, wide, 22, 4);
    pen.fill();
    pen.stroke();
    pen.fillStyle = this.#colours.ink;
    pen.textBaseline = "middle";
    pen.fillText(text, left + 6, y + 0.5);
  }
}
