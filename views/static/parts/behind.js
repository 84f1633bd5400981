import { html } from "../html.js";
import { Shape } from "./status.js";

/** Says, before anything is sent, that the invoice moved on since the form was opened. */
export function Behind({ form, snapshot, state }) {
  if (!form.dirty || form.openedAt === snapshot.version || state.phase === "conflict") return null;
  return html`<p class="behind" role="status"><${Shape} of="warning" size=${12} />Version ${snapshot.version} came in while you were typing; this form was opened at version ${form.openedAt}.</p>`;
}
