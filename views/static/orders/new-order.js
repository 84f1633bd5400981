import { html } from "../html.js";
import { useEffect, useRef } from "../vendor/hooks.js";
import { useForm } from "../form.js";
import { newId } from "../identity.js";
import { grouped, lineTotal } from "../money.js";
import { say } from "../notice.js";
import { go, orderPath, withQuery } from "../router.js";
import { Field } from "../parts/field.js";
import { Icon } from "../parts/icon.js";
import { Outcome } from "../parts/outcome.js";
import { showNow } from "./book.js";
import { customers, nameOf } from "./customers.js";
import { products } from "./stock.js";
import { useWish } from "./wish.js";

const FIELDS = ["id", "customerId", "product", "quantity", "price"];

export function NewOrder() {
  const box = useRef();
  const goods = products.value.items ?? [];
  const buyers = customers.value.items ?? [];
  const form = useForm({
    id: `ord-${newId().slice(0, 8)}`, customerId: buyers.at(-1)?.customerId ?? "1", quantity: "1", price: "25.00",
    product: goods.find((item) => item.offered > 0)?.product ?? "JUMPERS",
  });
  const values = form.values.value;
  const wish = useWish(() => {
    showNow(values.id.trim());
    say(`Order ${values.id.trim()} placed`);
    box.current?.close();
    go(orderPath(values.id.trim()), { replace: true });
  });
  const state = wish.state.value;
  useEffect(() => {
    box.current.showModal();
  }, []);

  const close = () => go(withQuery({ new: null }), { replace: true });
  const submit = (event) => {
    event.preventDefault();
    const order = Object.fromEntries(FIELDS.map((name) => [name, values[name].trim()]));
    wish.place({ ...order, product: order.product || null });
  };
  return html`<dialog ref=${box} class="sheet" aria-labelledby="new-title" onClose=${() => state.phase !== "done" && close()}
      onClick=${(event) => event.target === event.currentTarget && !form.dirty && box.current.close()}>
    <form method="dialog" onSubmit=${submit} novalidate>
      <header><h2 id="new-title">New order</h2><button type="button" class="quiet square" aria-label="Close" onClick=${() => box.current.close()}><${Icon} name="close" /></button></header>
      <div class="sheet-body">
        <div class="grid two">
          <${Field} label="Product" name="product" form=${form} state=${state} list="goods" autofocus hint=${offer(goods, values.product.trim())} />
          <${Field} label="Customer" name="customerId" form=${form} state=${state} list="buyers" class="mono" hint=${who(buyers, values.customerId.trim())} />
          <${Field} label="Quantity" name="quantity" form=${form} state=${state} inputmode="numeric" class="num" />
          <${Field} label="Price of one" name="price" form=${form} state=${state} inputmode="decimal" class="num" />
          <${Field} label="Order id" name="id" form=${form} state=${state} wide class="mono" maxlength="64" hint="An id is placed once: the same order sent twice is one order" />
        </div>
        <datalist id="goods">${goods.map((item) => html`<option key=${item.product} value=${item.product}>${item.offered.toLocaleString("en")} offered</option>`)}</datalist>
        <datalist id="buyers">${buyers.map((buyer) => html`<option key=${buyer.customerId} value=${buyer.customerId}>${nameOf(buyer)}</option>`)}</datalist>
        <p class="meta">Nothing is checked here: the services do, and you watch. Try a quantity of 0, more than is offered, or a total of 2,000 and above.</p>
        <${Outcome} sender=${wish} fields=${FIELDS} />
      </div>
      <footer><span class="sum">Total <strong class="num">${grouped(lineTotal(values.quantity, values.price) ?? "0")}</strong></span>
        <button type="button" onClick=${() => box.current.close()}>Cancel</button>
        <button type="submit" class="primary" disabled=${state.phase === "sending"}>${state.phase === "sending" ? "Placing…" : "Place order"}</button></footer>
    </form></dialog>`;
}

function offer(goods, product) {
  const item = goods.find((each) => each.product === product);
  if (item) return `${item.offered.toLocaleString("en")} offered now`;
  return product ? "Not in the warehouse, as far as is known here" : "An order without a product fails its check";
}

function who(buyers, id) {
  const buyer = buyers.find((each) => each.customerId === id);
  return buyer ? `${nameOf(buyer)}, ${grouped(buyer.open ? buyer.session.total : "0")} in this session` : "Anybody may order";
}
