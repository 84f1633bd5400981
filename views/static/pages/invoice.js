import { html } from "../html.js";
import { useSignal } from "../vendor/signals.js";
import { useEffect, useMemo, useRef } from "../vendor/hooks.js";
import { call } from "../api.js";
import { dayText } from "../clock.js";
import { onFeed } from "../feed.js";
import { useTitle } from "../frame.js";
import { causes, readHistory } from "../history.js";
import { learn, snapshotOf } from "../snapshots.js";
import { Actions } from "../parts/actions.js";
import { Ask, Answer } from "../parts/ask.js";
import { Copy } from "../parts/copy.js";
import { Figures } from "../parts/figures.js";
import { History } from "../parts/history-list.js";
import { Icon } from "../parts/icon.js";
import { LineItems } from "../parts/line-items.js";
import { Empty, Failure, Skeleton } from "../parts/states.js";
import { Status } from "../parts/status.js";

export function InvoicePage({ id }) {
  useTitle(id);
  const problem = useSignal(null);
  const entry = snapshotOf(id).value;
  const events = useHistory(id, entry?.snapshot.version, entry?.position);
  const why = useMemo(() => causes(events.items), [events.items]);

  const read = async () => {
    try {
      const { data, position, servedBy } = await call(`/api/invoices/${encodeURIComponent(id)}`);
      problem.value = null;
      learn(data, { position, servedBy });
    } catch (failure) {
      problem.value = failure;
    }
  };
  useEffect(() => {
    read();
    // The feed brings the new state at once, but not where it lies: the worker that holds it is asked for that.
    let asking = null;
    const changed = (snapshot) => {
      if (snapshot.invoiceId !== id) return;
      learn(snapshot);
      asking ??= setTimeout(() => {
        asking = null;
        read();
      }, 400);
    };
    const stops = [onFeed("recovered", read), onFeed("invoice-changed", changed), () => clearTimeout(asking)];
    return () => stops.forEach((stop) => stop());
  }, [id]);

  const back = html`<a class="back" href="/"><${Icon} name="back" size=${14} />Invoices</a>`;
  if (!entry) {
    if (problem.value?.status === 404) return html`${back}<h1 class="sr">${id}</h1><${Empty} title="No invoice has this id"><p><span class="mono">${id}</span> was never created. <a href="/?new=1">Create an invoice</a></p><//>`;
    if (problem.value) return html`${back}<h1 class="sr">${id}</h1><${Failure} title="This invoice could not be loaded" problem=${problem.value} again=${read} />`;
    return html`${back}<h1 class="sr">${id}</h1><${Skeleton} rows=${6} label="Loading the invoice" />`;
  }
  const { snapshot } = entry;
  return html`${back}
    <article class="invoice" aria-label=${`Invoice ${id}`}>
      <div class="body">
        <header class="invoice-head">
          <div class="title"><h1><${Ask} field="customer">${snapshot.customerName}<//></h1><${Ask} field="status"><${Status} of=${snapshot.status} /><//></div>
          <dl class="facts">
            <div><dt>Invoice</dt><dd><${Copy} text=${id} what="invoice id" /></dd></div>
            <div><dt>E-mail</dt><dd><${Ask} field="customer">${snapshot.customerEmail}<//></dd></div>
            <div><dt>Issued</dt><dd><${Ask} field="dates">${dayText(snapshot.issueDate)}<//></dd></div>
            <div><dt>Due</dt><dd><${Ask} field="dates">${dayText(snapshot.dueDate)}<//></dd></div>
            <div><dt>Version</dt><dd class="num"><${Ask} field="version">v${snapshot.version}<//></dd></div>
          </dl>
        </header>
        ${problem.value && html`<${Failure} title="This may be out of date" problem=${problem.value} again=${read} />`}
        <${Figures} snapshot=${snapshot} />
        <${Actions} snapshot=${snapshot} />
        <${LineItems} snapshot=${snapshot} />
      </div>
      <aside class="side" aria-label="Where it comes from">
        <${Answer} entry=${entry} events=${events.items} why=${why} />
        <${History} events=${events} why=${why} />
        <dl class="held"><div><dt>Held by</dt><dd class="mono">${entry.servedBy ?? "not said"}</dd></div>
          <div><dt>Position</dt><dd>${entry.position ? html`<${Copy} text=${entry.position} short=${34} what="position" />` : "not said"}</dd></div></dl>
      </aside>
    </article>`;
}

/** The events of an invoice, read on as its version grows, and again where that failed, once the feed is back. */
function useHistory(id, version, position) {
  const events = useSignal({ items: [], problem: null, loading: true });
  const wanted = useRef({ version: 0, position: null });
  wanted.current = { version: version ?? 0, position };
  const readOn = useMemo(() => {
    let busy = false;
    return async () => {
      if (busy) return;
      busy = true;
      try {
        for (let tries = 10; tries > 0; ) {
          const have = events.peek().items.at(-1)?.version ?? 0;
          if (have >= wanted.current.version) break;
          const more = await readHistory(id, have + 1, wanted.current.position);
          events.value = { items: [...events.peek().items, ...more], problem: null, loading: false };
          if (more.length) continue;
          // The feed may be a moment ahead of the worker that holds the history.
          tries -= 1;
          await new Promise((resolve) => setTimeout(resolve, 300));
        }
      } catch (problem) {
        events.value = { ...events.peek(), problem, loading: false };
      } finally {
        busy = false;
      }
    };
  }, [id]);
  useEffect(() => {
    if (version) readOn();
  }, [readOn, version]);
  useEffect(() => onFeed("recovered", readOn), [readOn]);
  return { ...events.value, again: readOn };
}
