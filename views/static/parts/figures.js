import { html } from "../html.js";
import { useLayoutEffect, useRef } from "../vendor/hooks.js";
import { grouped, percent } from "../money.js";
import { Ask } from "./ask.js";
import { flash } from "./flash.js";

export function Figures({ snapshot }) {
  const share = percent(snapshot.paid, snapshot.total);
  return html`<section class="figures" aria-label="Money">
    <${Figure} name="Total" field="total" amount=${snapshot.total} />
    <${Figure} name="Paid" field="paid" amount=${snapshot.paid} />
    <${Figure} name="Balance" field="balance" amount=${snapshot.balance} />
    <svg class="share" viewBox="0 0 100 4" preserveAspectRatio="none" role="img" aria-label=${`${share} % paid`}><rect class="all" width="100" height="4" /><rect class="part" width=${share} height="4" /></svg>
  </section>`;
}

function Figure({ name, field, amount }) {
  const box = useRef();
  const before = useRef(amount);
  useLayoutEffect(() => {
    if (before.current !== amount) flash(box.current);
    before.current = amount;
  }, [amount]);
  return html`<div class="figure" ref=${box}><span class="label">${name}</span><${Ask} field=${field}><span class="num amount">${grouped(amount)}</span><//></div>`;
}
