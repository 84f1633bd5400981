import { signal } from "../vendor/signals.js";
import { useMemo } from "../vendor/hooks.js";
import { Problem, call } from "../api.js";
import { newId } from "../identity.js";
import { learn } from "./book.js";

/**
 * One place on the page that asks something of an order, and how that fares. `state.value.phase`: idle · sending · done ·
 * refused (problem) · unsure (problem: sent again it is the same wish, and takes effect once).
 */
class Wish {
  state = signal({ phase: "idle" });

  constructor(onDone) {
    this.onDone = onDone;
  }

  place(order) {
    return this.#send({ path: "/v1/orders", body: order, command: { commandId: order.id, type: "PlaceOrder" } });
  }

  cancel(id) {
    return this.#send({ path: `/v1/orders/${encodeURIComponent(id)}`, method: "DELETE", command: { commandId: newId(), type: "CancelOrder" } });
  }

  ship(id) {
    return this.#send({ path: `/v1/orders/${encodeURIComponent(id)}/ship`, method: "POST", command: { commandId: newId(), type: "ShipOrder" } });
  }

  pay(payment) {
    return this.#send({ path: "/v1/payments", body: payment, command: { commandId: payment.id, type: "Payment" } });
  }

  /** The very same wish: whatever became of the first, it takes effect once. */
  again() {
    return this.#send(this.state.value);
  }

  reset() {
    this.state.value = { phase: "idle" };
  }

  async #send({ path, method, body, command }) {
    const wish = { path, method, body, command };
    this.state.value = { phase: "sending", ...wish };
    // The id of an order, and of a payment, is what makes it the same one; a command has an id of its own.
    const headers = body ? {} : { "Kawka-Command-Id": command.commandId };
    try {
      const { data } = await call(path, { method, body, headers });
      if (data.customerId) learn({ ...data, price: String(data.price) }, [], true);
      this.state.value = { phase: "done", ...wish };
      this.onDone?.(data, command);
      return true;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.state.value = { phase: problem.undecided ? "unsure" : "refused", problem, ...wish };
      return false;
    }
  }
}

export function useWish(onDone) {
  const wish = useMemo(() => new Wish(onDone), []);
  wish.onDone = onDone;
  return wish;
}
