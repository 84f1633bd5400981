import { html } from "../html.js";
import { useSignal } from "../vendor/signals.js";
import { useEffect } from "../vendor/hooks.js";
import { call } from "../api.js";
import { timeText } from "../clock.js";
import { useTitle } from "../frame.js";
import { go, invoicePath, route, withQuery } from "../router.js";
import { CommandLine, Copy } from "../parts/copy.js";
import { Empty, Failure, Skeleton } from "../parts/states.js";
import { Status } from "../parts/status.js";

export function DeadLetters() {
  useTitle("Dead letters");
  const state = useSignal({ items: null, cursor: null, problem: null });
  const read = async (cursor = null) => {
    try {
      const { data } = await call(`/api/deadletters?limit=100${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
      const before = cursor ? state.peek().items : [];
      state.value = { items: [...before, ...data.items], cursor: data.cursor ?? null, problem: null };
    } catch (problem) {
      state.value = { ...state.peek(), problem };
    }
  };
  useEffect(() => void read(), []);
  const { items, cursor, problem } = state.value;
  return html`<div class="page-head"><h1>Dead letters</h1>${items && html`<span class="meta num">${items.length}${cursor ? " loaded" : ""}</span>`}
      <button type="button" onClick=${() => read()}>Load again</button></div>
    <p class="lede">Records that could not be processed, with their bytes and where they came from. A record whose handler failed parks its key: what follows for that key waits, in order, until you retry or discard it. Everything else goes on.</p>
    ${problem && html`<${Failure} title="The dead letters could not be read" problem=${problem} again=${() => read()} />`}
    ${!items && !problem && html`<${Skeleton} label="Reading the dead letters" />`}
    ${items && !items.length && html`<${Empty} title="No dead letters"><p>Every record so far was processed. To look for yourself:</p><${CommandLine} text="kawka deadletters list" /><//>`}
    ${items?.length > 0 && html`<${Letters} items=${items} />`}
    ${cursor && html`<p class="foot"><button type="button" onClick=${() => read(cursor)}>Load more</button></p>`}`;
}

function Letters({ items }) {
  const picked = route.value.query.letter;
  return html`<ul class="letters">${items.map((item) => html`<${Letter} key=${item.position} item=${item} open=${picked === item.position} />`)}</ul>`;
}

function Letter({ item, open }) {
  const toggle = () => go(withQuery({ letter: open ? null : item.position }), { replace: true });
  return html`<li class="letter">
    <button type="button" class="letter-head" aria-expanded=${open} onClick=${toggle}>
      <${Status} of=${item.parked ? "parked" : "skipped"} word=${item.parked ? "Parked" : "Set aside"} />
      <span class="error">${item.error}</span>
      <span class="mono key">${item.key ?? "no key"}</span>
      <time class="num meta" datetime=${item.time}>${timeText(item.time)}</time></button>
    ${open && html`<div class="letter-body">
      <dl class="facts"><div><dt>Source</dt><dd><${Copy} text=${`${item.topic}-${item.partition}:${item.offset}`} what="source position" /></dd></div>
        <div><dt>Key</dt><dd>${item.key ? html`<a class="mono" href=${invoicePath(item.key)}>${item.key}</a>` : "none"}</dd></div>
        <div><dt>Agent</dt><dd class="mono">${item.agent}</dd></div><div><dt>Attempts</dt><dd class="num">${item.attempts}</dd></div><div><dt>Size</dt><dd class="num">${item.size} bytes</dd></div>
        <div><dt>Letter</dt><dd><${Copy} text=${item.position} what="position of the dead letter" /></dd></div></dl>
      <p>See the record's bytes:</p><${CommandLine} text=${`kawka deadletters show ${item.position}`} />
      ${item.parked && item.key && html`<p>Once the cause is mended, process it and what waits behind it:</p><${CommandLine} text=${`kawka deadletters retry ${item.key}`} />
        <p>Or drop this record and go on with those behind it:</p><${CommandLine} text=${`kawka deadletters discard ${item.key}`} />`}
    </div>`}</li>`;
}
