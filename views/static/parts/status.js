import { html } from "../html.js";

// Each state has a shape of its own beside its colour, and its word: none of the three is needed to read the others.
const SHAPES = {
  Draft: ["quiet", html`<circle cx="8" cy="8" r="5.6" fill="none" stroke="currentColor" stroke-width="1.8" stroke-dasharray="2.4 2" />`],
  Sent: ["wait", html`<circle cx="8" cy="8" r="5.600" fill="none" stroke="currentColor" stroke-width="1.8" /><path d="M8 4.600a3.400 3.400 0 0 1 0 6.800z" fill="currentColor" />`],
  Paid: ["ok", html`<circle cx="8" cy="8" r="6.500" fill="currentColor" /><path d="m5.200 8.200 2 2 3.700-4.200" fill="none" stroke="var(--surface)" stroke-width="1.700" stroke-linecap="round" stroke-linejoin="round" />`],
  Deleted: ["gone", html`<rect x="2.400" y="2.400" width="11.200" height="11.200" rx="2" fill="none" stroke="currentColor" stroke-width="1.800" /><path d="m5.600 5.600 4.800 4.800m0-4.800-4.800 4.800" stroke="currentColor" stroke-width="1.600" stroke-linecap="round" />`],
  CREATED: ["wait", html`<circle cx="8" cy="8" r="5.600" fill="none" stroke="currentColor" stroke-width="1.800" stroke-dasharray="2.400 2" />`],
  VALIDATED: ["ok", html`<circle cx="8" cy="8" r="6.500" fill="currentColor" /><path d="m5.200 8.200 2 2 3.700-4.200" fill="none" stroke="var(--surface)" stroke-width="1.700" stroke-linecap="round" stroke-linejoin="round" />`],
  FAILED: ["bad", html`<path d="M5.200 1.500h5.600l3.700 3.700v5.600l-3.700 3.700H5.200l-3.700-3.700V5.200z" fill="currentColor" /><path d="m5.700 5.700 4.600 4.600m0-4.600-4.600 4.600" stroke="var(--surface)" stroke-width="1.700" stroke-linecap="round" />`],
  SHIPPED: ["park", html`<rect x="1.800" y="1.800" width="12.400" height="12.400" rx="2.200" fill="currentColor" /><path d="m5.200 8.200 2 2 3.700-4.200" fill="none" stroke="var(--surface)" stroke-width="1.700" stroke-linecap="round" stroke-linejoin="round" />`],
  CANCELLED: ["gone", html`<rect x="2.400" y="2.400" width="11.200" height="11.200" rx="2" fill="none" stroke="currentColor" stroke-width="1.800" /><path d="m5.600 5.600 4.800 4.800m0-4.800-4.800 4.800" stroke="currentColor" stroke-width="1.600" stroke-linecap="round" />`],
  PASS: ["ok", html`<path d="m2.600 8.600 3.600 3.600 7.200-8.200" fill="none" stroke="currentColor" stroke-width="2.200" stroke-linecap="round" stroke-linejoin="round" />`],
  FAIL: ["bad", html`<path d="m3.400 3.400 9.200 9.200m0-9.200-9.200 9.200" fill="none" stroke="currentColor" stroke-width="2.200" stroke-linecap="round" />`],
  ERROR: ["warn", html`<path d="M8 2 15 14H1z" fill="currentColor" />`],
  AWAITED: ["quiet", html`<circle cx="8" cy="8" r="4.600" fill="none" stroke="currentColor" stroke-width="1.600" stroke-dasharray="2 1.900" />`],
  ready: ["ok", html`<circle cx="8" cy="8" r="6" fill="currentColor" />`],
  restoring: ["wait", html`<circle cx="8" cy="8" r="5.600" fill="none" stroke="currentColor" stroke-width="1.800" /><path d="M8 2.400a5.600 5.600 0 0 1 0 11.200z" fill="currentColor" />`],
  warning: ["warn", html`<path d="M8 2 15 14H1z" fill="currentColor" />`],
  lost: ["bad", html`<path d="m8 1 7 7-7 7-7-7z" fill="currentColor" />`],
  parked: ["park", html`<rect x="2" y="2" width="12" height="12" rx="2" fill="currentColor" /><path d="M6.300 5.500v5M9.700 5.500v5" stroke="var(--surface)" stroke-width="1.800" />`],
  skipped: ["quiet", html`<circle cx="8" cy="8" r="5.600" fill="none" stroke="currentColor" stroke-width="1.800" /><path d="m4.200 11.800 7.600-7.600" stroke="currentColor" stroke-width="1.800" />`],
};

export function Shape({ of, size = 14 }) {
  const [tone, drawing] = SHAPES[of] ?? SHAPES.warning;
  return html`<svg class="shape tone-${tone}" width=${size} height=${size} viewBox="0 0 16 16" aria-hidden="true">${drawing}</svg>`;
}

export function Status({ of, word = of }) {
  return html`<span class="status"><${Shape} of=${of} /><span>${word}</span></span>`;
}
