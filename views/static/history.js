import { call } from "./api.js";
import { grouped, lineTotal, sum } from "./money.js";

/** Events of an invoice from `version` on, as new as `position` (a consistency token) at least. */
export async function readHistory(id, version = 1, position = null) {
  const events = [];
  let from = version;
  for (;;) {
    const headers = position ? { "Kawka-Position": position } : {};
    const { data } = await call(`/api/invoices/${encodeURIComponent(id)}/events?from=${from}&limit=500`, { headers });
    events.push(...data.items.filter((event) => event.version >= from));
    if (!data.cursor || !data.items.length) return events;
    from = data.items.at(-1).version + 1;
  }
}

/** An event, or a command, in words. */
export function words(fact, lines = []) {
  switch (fact.type) {
    case "InvoiceCreated":
    case "CreateInvoice":
      return `Created for ${fact.customerName}`;
    case "LineItemAdded":
    case "AddLineItem":
      return `${fact.type === "AddLineItem" ? "Add" : "Added"} ${fact.quantity} × ${fact.description} at ${grouped(fact.price)}`;
    case "LineItemRemoved":
    case "RemoveLineItem": {
      const line = lines[fact.index]?.description;
      return `${fact.type === "RemoveLineItem" ? "Remove" : "Removed"} line ${fact.index + 1}${line ? `, ${line}` : ""}`;
    }
    case "SendInvoice":
      return "Send to the customer";
    case "InvoiceSent":
      return "Sent to the customer";
    case "PayInvoice":
      return fact.amount ? `Record a payment of ${grouped(fact.amount)}` : "Record a payment of the balance";
    case "PaymentReceived":
      return `Payment of ${grouped(fact.amount)} received`;
    case "DeleteInvoice":
      return "Delete the invoice";
    case "InvoiceDeleted":
      return "Deleted";
    default:
      return fact.type;
  }
}

/** Where an event lies in its topic, if the worker says so. */
export function place(event) {
  if (event.offset === undefined || event.partition === undefined) return event.position ?? null;
  return `${event.topic ?? "invoice-events"}-${event.partition}:${event.offset}`;
}

/**
 * Which events made each value: the events folded once more, keeping their causes instead of their sums.
 * Gives field -> versions, and `removed`: version -> the line as it was when taken away.
 */
export function causes(events) {
  const by = { customer: [], dates: [], total: [], paid: [], balance: [], status: [], version: [] };
  const lines = [];
  const removed = {};
  let paid = "0.00";
  for (const event of events) {
    const at = event.version;
    by.version = [at];
    if (event.type === "InvoiceCreated") by.customer = by.dates = by.status = [at];
    if (event.type === "LineItemAdded") {
      lines.push({ ...event });
      by.total = [...by.total, at];
      by.balance = [...by.balance, at];
    }
    if (event.type === "LineItemRemoved") {
      removed[at] = [...lines];
      lines.splice(event.index, 1);
      by.total = [...by.total, at];
      by.balance = [...by.balance, at];
    }
    if (event.type === "PaymentReceived") {
      by.paid = [...by.paid, at];
      by.balance = [...by.balance, at];
      paid = sum([paid, event.amount]);
      const total = sum(lines.map((line) => lineTotal(line.quantity, line.price)));
      if (paid === total) by.status = [at]; // a part payment leaves the status as it was
    }
    if (event.type === "InvoiceSent" || event.type === "InvoiceDeleted") by.status = [at];
  }
  lines.forEach((line, index) => (by[`line-${index}`] = [line.version]));
  return { by, removed };
}
