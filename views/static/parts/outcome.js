import { html } from "../html.js";
import { timeText } from "../clock.js";
import { words } from "../history.js";
import { Copy } from "./copy.js";
import { Shape } from "./status.js";

/**
 * How the latest command of a sender fares, beside what sent it: refused (unless a field says it), undecided, in conflict.
 * `fields` are the names that the form shows faults at itself; `lines` puts names to line numbers.
 */
export function Outcome({ sender, fields = [], lines = [], onDiscard }) {
  const { phase, problem, command, theirs } = sender.state.value;
  if (phase === "refused" && !fields.includes(problem.field)) {
    return html`<div class="outcome bad" role="alert"><${Shape} of=${problem.status === 423 ? "parked" : "lost"} />
      <div><strong>${problem.message}</strong>
        ${problem.status === 423 && html`<p>A record of this invoice failed, and all that follow wait behind it, in order. <a href="/dead-letters">See the dead letters</a></p>`}
        <p class="meta">${problem.code}${problem.field ? ` · ${problem.field}` : ""}</p></div>
      <button type="button" class="quiet" onClick=${() => sender.reset()}>Dismiss</button></div>`;
  }
  if (phase === "unsure") {
    return html`<div class="outcome warn" role="alert"><${Shape} of="warning" />
      <div><strong>${problem.status === 504 ? "Not decided in time" : "No answer yet"}</strong>
        <p>${problem.message} Sending it again is safe: it carries the same command id, so it takes effect once at most.</p>
        <p class="meta">Command <${Copy} text=${command.commandId} short=${8} what="command id" /></p></div>
      <div class="buttons"><button type="button" class="primary" onClick=${() => sender.again()}>Send again</button>
        <button type="button" class="quiet" onClick=${() => sender.reset()}>Leave it</button></div></div>`;
  }
  if (phase === "conflict") {
    return html`<section class="conflict" role="alert" aria-label="Version conflict">
      <header><${Shape} of="warning" /><div><strong>Someone else changed this invoice first</strong>
        <p>Your change was made on version ${command.expectedVersion}; the invoice is at version ${problem.actualVersion} now. Nothing of yours was applied.</p></div></header>
      <div class="sides">
        <div><h4>Yours <span class="meta">on v${command.expectedVersion}, not applied</span></h4><p>${words(command, lines)}</p></div>
        <div><h4>Theirs <span class="meta">now v${problem.actualVersion}</span></h4>
          <ul>${theirs.map((event) => html`<li key=${event.version}><span>${words(event)}</span>
            <span class="meta">v${event.version} · ${timeText(event.at)} · <${Copy} text=${event.commandId} short=${8} what="command id" /></span></li>`)}
            ${!theirs.length && html`<li class="meta">The other change could not be loaded.</li>`}</ul></div>
      </div>
      <div class="buttons"><button type="button" class="primary" onClick=${() => sender.applyAnew()}>Apply mine to v${problem.actualVersion}</button>
        <button type="button" onClick=${() => { sender.reset(); onDiscard?.(); }}>Discard mine, show v${problem.actualVersion}</button></div>
    </section>`;
  }
  return null;
}
