/**
 * Types of events: each has a shape, a colour (one of Okabe and Ito's, a token of the stylesheet) and a word. Shapes are
 * paths around 0,0 about 10 units wide, drawn by the map's canvas and by the legend alike.
 */
const KINDS = {
  Normal: { slug: "normal", word: "Normal", path: "M4,0A4,4 0 1 1 -4,0A4,4 0 1 1 4,0Z" },
  "Lane Departure": { slug: "lane", word: "Lane departure", path: "M0,-6.4L6.4,0L0,6.4L-6.4,0Z" },
  "Unsafe following distance": { slug: "following", word: "Following distance", path: "M0,-6L6.2,5L-6.2,5Z" },
  "Unsafe tail distance": { slug: "tail", word: "Tail distance", path: "M0,6L6.2,-5L-6.2,-5Z" },
  Overspeed: { slug: "overspeed", word: "Overspeed", path: "M-5,-5H5V5H-5Z" },
};
const OTHER = { slug: "other", path: "M-2,-6H2V-2H6V2H2V6H-2V2H-6V-2H-2Z" };

export const TYPES = Object.keys(KINDS);
export const SLUGS = [...TYPES.map((type) => KINDS[type].slug), OTHER.slug];

/** What a type looks like; one that nobody knows has a cross and its own name. */
export function kindOf(type) {
  return KINDS[type] ?? { ...OTHER, word: type };
}

export function isDangerous(type) {
  return type !== "Normal";
}

export function typeOf(slug) {
  return TYPES.find((type) => KINDS[type].slug === slug) ?? null;
}
