import { html } from "../html.js";
import { useEffect, useState } from "../vendor/hooks.js";
import { Shape } from "./status.js";

/** Grey lines where data will be, and only if it takes long enough to be noticed. */
export function Skeleton({ rows = 8, label = "Loading" }) {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 150);
    return () => clearTimeout(timer);
  }, []);
  return html`<div class="skeleton" role="status"><span class="sr">${label}</span>
    ${late && Array.from({ length: rows }, (_, row) => html`<div class="bone-row" key=${row}><i class="bone a" /><i class="bone b" /><i class="bone c" /></div>`)}</div>`;
}

export function Empty({ title, children }) {
  return html`<section class="empty"><svg width="72" height="48" viewBox="0 0 72 48" aria-hidden="true" class="empty-mark">
    <rect x="1" y="7" width="54" height="34" rx="4" /><path d="M9 17h20M9 24h30M9 31h14" /><rect x="17" y="1" width="54" height="34" rx="4" /><path d="M25 11h20M25 18h30M25 25h14" /></svg>
    <h2>${title}</h2>${children}</section>`;
}

export function Failure({ title, problem, again, children }) {
  return html`<section class="failure" role="alert"><${Shape} of="lost" size=${18} /><div><h2>${title}</h2>
    <p>${problem?.message}${problem?.retryAfter ? ` It asks to try again in ${problem.retryAfter} s.` : ""}</p>${children}
    ${again && html`<button type="button" onClick=${again}>Try again</button>`}</div></section>`;
}
