/** What states and checks are called for people, in the order in which an order goes through them. */
export const STATES = { CREATED: "Created", VALIDATED: "Validated", FAILED: "Failed", SHIPPED: "Shipped", CANCELLED: "Cancelled" };

const CHECKS = { ORDER_DETAILS_CHECK: ["Details", "Order details"], INVENTORY_CHECK: ["Stock", "Inventory"], FRAUD_CHECK: ["Fraud", "Fraud"] };
const RESULTS = { PASS: "passed", FAIL: "failed", ERROR: "could not be made" };

/** The checks in the order people think of them; one that nobody knows by name comes last. */
export function inOrder(required) {
  const known = Object.keys(CHECKS);
  return [...required].sort((a, b) => (known.indexOf(a) + 99) % 100 - (known.indexOf(b) + 99) % 100);
}

export function checkWord(type) {
  return CHECKS[type]?.[0] ?? type.replace(/_CHECK$/, "").toLowerCase().replaceAll("_", " ");
}

export function checkName(type) {
  return CHECKS[type]?.[1] ?? checkWord(type);
}

/**
 * How a check stands: PASS, FAIL, ERROR or AWAITED. One that was not heard of here is known from what became of the order:
 * a validated one passed them all, a failed one names its reasons.
 */
export function standing({ order, checks }, type) {
  const heard = checks[type]?.validationResult;
  if (heard) return heard;
  if (order.state === "VALIDATED" || order.state === "SHIPPED") return "PASS";
  return reasonOf(order, type) === null ? "AWAITED" : "FAIL";
}

export function standingWord(result, final) {
  return RESULTS[result] ?? (final ? "not needed any more" : "awaited");
}

export function reasonOf(order, type) {
  const reason = order.reasons.find((each) => each.startsWith(`${type}: `));
  return reason ? reason.slice(type.length + 2) : null;
}

export const isFinal = (state) => state === "FAILED" || state === "SHIPPED" || state === "CANCELLED";
