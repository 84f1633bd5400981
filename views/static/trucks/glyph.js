import { html } from "../html.js";
import { kindOf } from "./kinds.js";

/** The shape of a type of event. */
export function Glyph({ type, size = 12 }) {
  const { slug, path } = kindOf(type);
  return html`<svg class="glyph truck-${slug}" width=${size} height=${size} viewBox="-8 -8 16 16" aria-hidden="true"><path d=${path} /></svg>`;
}

/** The shape and the word. */
export function Kind({ type }) {
  return html`<span class="status"><${Glyph} type=${type} /><span>${kindOf(type).word}</span></span>`;
}
