import { html } from "../html.js";
import { useLayoutEffect, useRef } from "../vendor/hooks.js";
import { dayText, isoDay } from "../clock.js";
import { grouped, isZero } from "../money.js";
import { go, invoicePath } from "../router.js";
import { snapshotOf } from "../snapshots.js";
import { flash } from "./flash.js";
import { Shape, Status } from "./status.js";

export function InvoiceRow({ id }) {
  const entry = snapshotOf(id).value;
  const row = useRef();
  const version = entry?.snapshot.version;
  const before = useRef(version);
  useLayoutEffect(() => {
    if (before.current !== version) flash(row.current);
    before.current = version;
  }, [version]);
  if (!entry) return null;
  const { snapshot } = entry;
  const late = snapshot.status === "Sent" && snapshot.dueDate < isoDay();
  const gone = snapshot.status === "Deleted";
  const open = (event) => {
    // The whole row is a target for the mouse; for keys and readers there is the link.
    if (!event.target.closest("a, button") && !getSelection().toString()) go(invoicePath(id));
  };
  return html`<tr ref=${row} onClick=${open} class=${gone ? "deleted" : ""}>
    <td class="state"><${Status} of=${snapshot.status} /></td>
    <td class="id"><a class="mono" href=${invoicePath(id)} data-row>${id}</a></td>
    <td class="who"><span class="name">${snapshot.customerName}</span><span class="mail">${snapshot.customerEmail}</span>
      <a class="mono narrow" href=${invoicePath(id)} tabindex="-1" aria-hidden="true">${id}</a></td>
    <td class="due">${late && html`<span class="late"><${Shape} of="warning" size=${11} />Overdue</span>`}${dayText(snapshot.dueDate)}</td>
    <td class="num lines">${snapshot.lineItems.length}</td>
    <td class="num total">${grouped(snapshot.total)}<span class="narrow">${balanceWord(snapshot)}</span></td>
    <td class="num balance">${isZero(snapshot.balance) || gone ? html`<span class="zero">${gone ? "–" : "0.00"}</span>` : grouped(snapshot.balance)}</td>
    <td class="num version">v${snapshot.version}</td></tr>`;
}

function balanceWord({ balance, status }) {
  if (status === "Deleted") return "";
  if (status === "Paid" || isZero(balance)) return "nothing due";
  return `${grouped(balance)} due`;
}
