import { signal } from "../vendor/signals.js";
import { call } from "../api.js";
import { orderFeed } from "../feed.js";
import { learn } from "./book.js";
import { checkName, STATES } from "./words.js";

const AGAIN_MS = 400;

/** What is known of the order that the address names, beside the book: who holds it, where, and what happened to it. */
export const story = signal({});

/** Reads an order and its history, and again when it changes. Returns how to stop. */
export function follow(id) {
  let over = false;
  let timer = null;
  story.value = { id, loading: true, items: [] };
  const change = (more) => !over && (story.value = { ...story.peek(), ...more });

  async function read() {
    try {
      const { data, position, servedBy } = await call(`/api/orders/${encodeURIComponent(id)}`);
      if (over) return;
      const checks = Object.entries(data.checks).map(([checkType, validationResult]) => ({ checkType, validationResult, orderId: id }));
      learn(data.order, checks);
      change({ position, servedBy, version: data.version, problem: null, loading: false });
      const past = await call(`/api/orders/${encodeURIComponent(id)}/events?at=${Date.parse(data.order.at)}`);
      change({ items: past.data.items, complete: past.data.complete, pastProblem: null });
    } catch (problem) {
      change(story.peek().position ? { pastProblem: problem } : { problem, loading: false });
    }
  }
  const again = () => (timer ??= setTimeout(() => {
    timer = null;
    read();
  }, AGAIN_MS));
  const mine = (name) => (list) => list.some((each) => each[name] === id) && again();
  const ends = [
    orderFeed.on("orders", mine("id")),
    ...["checks", "payments", "emails"].map((kind) => orderFeed.on(kind, mine("orderId"))),
    orderFeed.on("recovered", read),
  ];
  read();
  return {
    again: read,
    stop() {
      over = true;
      clearTimeout(timer);
      ends.forEach((end) => end());
      story.value = {};
    },
  };
}

const COMMANDS = { PlaceOrder: "asked to place it", CancelOrder: "asked to cancel it", ShipOrder: "asked to ship it" };
const VERDICTS = { PASS: "passed", FAIL: "failed", ERROR: "could not be made" };

/** An event of the history in words: {icon, text, more}. */
export function telling({ kind, event }) {
  if (kind === "command") return { icon: "send", text: `Somebody ${COMMANDS[event.type] ?? event.type}`, more: event.originId };
  if (kind === "order") return { icon: { SHIPPED: "ship", CANCELLED: "trash", FAILED: "close" }[event.state] ?? (event.state === "CREATED" ? "created" : "check"), text: STATES[event.state], more: event.reasons.at(-1), strong: true };
  if (kind === "check") return { icon: event.validationResult === "PASS" ? "check" : "close", text: `${checkName(event.checkType)} ${VERDICTS[event.validationResult]}`, more: event.reason };
  if (kind === "payment") return { icon: "pay", text: `Payment of ${event.amount} ${event.ccy}`, more: event.id };
  return { icon: "mail", text: `Mail to ${event.to}`, more: event.subject };
}
