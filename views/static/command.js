import { signal } from "./vendor/signals.js";
import { useEffect, useMemo } from "./vendor/hooks.js";
import { Problem, call } from "./api.js";
import { onFeed } from "./feed.js";
import { readHistory } from "./history.js";
import { newId, originId } from "./identity.js";
import { learn } from "./snapshots.js";

/**
 * One place on the page that sends commands to an invoice, and how its latest one fares. `state.value.phase`:
 * idle · sending · done · refused (problem) · conflict (problem, theirs) · unsure (problem: send it again, the id makes it safe).
 */
class Sender {
  state = signal({ phase: "idle" });

  constructor(onDone) {
    this.onDone = onDone;
  }

  send(invoiceId, type, fields = {}, expectedVersion = null) {
    return this.#post(invoiceId, { commandId: newId(), originId, expectedVersion, type, ...fields });
  }

  /** The very same command: whatever became of the first, it takes effect once. */
  again() {
    const { invoiceId, command } = this.state.value;
    return this.#post(invoiceId, command);
  }

  /** The same wish on what the invoice is now: another version is another command, so it gets an id of its own. */
  applyAnew() {
    const { invoiceId, command, problem } = this.state.value;
    return this.#post(invoiceId, { ...command, commandId: newId(), expectedVersion: problem.actualVersion });
  }

  reset() {
    this.state.value = { phase: "idle" };
  }

  /** The feed may bring the answer that the call did not. */
  hear(result) {
    const { phase, command, invoiceId } = this.state.value;
    if (phase !== "unsure" || result.commandId !== command.commandId) return;
    if (result.ok) this.#done(invoiceId, command, result);
    else this.#fail(invoiceId, command, new Problem({ status: 422, ...result.error, detail: result.error.message }));
  }

  async #post(invoiceId, command) {
    this.state.value = { phase: "sending", invoiceId, command };
    try {
      const { data, servedBy } = await call(`/api/invoices/${encodeURIComponent(invoiceId)}/commands`, { body: command });
      return this.#done(invoiceId, command, data, servedBy);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      await this.#fail(invoiceId, command, problem);
      return false;
    }
  }

  #done(invoiceId, command, result, servedBy = null) {
    if (result.snapshot) learn(result.snapshot, { position: result.position, servedBy });
    this.state.value = { phase: "done", invoiceId, command, result };
    this.onDone?.(result, command);
    return true;
  }

  async #fail(invoiceId, command, problem) {
    if (problem.code !== "version-conflict") {
      this.state.value = { phase: problem.undecided ? "unsure" : "refused", invoiceId, command, problem };
      return;
    }
    const theirs = await readHistory(invoiceId, command.expectedVersion + 1).catch(() => []);
    const actualVersion = problem.actualVersion ?? theirs.at(-1)?.version ?? null;
    this.state.value = { phase: "conflict", invoiceId, command, theirs, problem: Object.assign(problem, { actualVersion }) };
  }
}

export function useSender(onDone) {
  const sender = useMemo(() => new Sender(onDone), []);
  sender.onDone = onDone;
  useEffect(() => onFeed("command-result", (result) => sender.hear(result)), [sender]);
  return sender;
}

/** The problem's sentence, if it is about the field of this name; names as in `lineItems[2].price`. */
export function faultAt(state, name) {
  return state.phase === "refused" && state.problem.field === name ? state.problem.message : null;
}
