import { html } from "../html.js";
import { useSignal } from "../vendor/signals.js";
import { useEffect } from "../vendor/hooks.js";
import { call } from "../api.js";
import { timeText } from "../clock.js";
import { useTitle } from "../frame.js";
import { say } from "../notice.js";
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
    ${items?.length > 0 && html`<${Letters} items=${items} reload=${() => read()} />`}
    ${cursor && html`<p class="foot"><button type="button" onClick=${() => read(cursor)}>Load more</button></p>`}`;
}

function Letters({ items, reload }) {
  const picked = route.value.query.letter;
  return html`<ul class="letters">${items.map((item) => html`<${Letter} key=${item.position} item=${item} open=${picked === item.position} reload=${reload} />`)}</ul>`;
}

/** A key as a shell takes it: a record may have come with any key at all. */
function quoted(key) {
  return /^[\w.:-]+$/.test(key) ? key : `'${key.replaceAll("'", `'\\''`)}'`;
}

function Letter({ item, open, reload }) {
  const toggle = () => go(withQuery({ letter: open ? null : item.position }), { replace: true });
  const at = typeof item.time === "number" ? new Date(item.time).toISOString() : item.time;
  const [shape, word] = item.parked === null ? ["warning", "Unknown"] : item.parked ? ["parked", "Key waits"] : ["skipped", "Set aside"];
  return html`<li class="letter">
    <button type="button" class="letter-head" aria-expanded=${open} onClick=${toggle}>
      <${Status} of=${shape} word=${word} />
      <span class="error">${item.error}</span>
      <span class="mono key">${item.key || "no key"}</span>
      <time class="num meta" datetime=${at}>${timeText(at)}</time></button>
    ${open && html`<div class="letter-body">
      <dl class="facts"><div><dt>Source</dt><dd><${Copy} text=${`${item.topic}-${item.partition}:${item.offset}`} what="source position" /></dd></div>
        <div><dt>Key</dt><dd>${item.key ? html`<a class="mono" href=${invoicePath(item.key)}>${item.key}</a>` : "none"}</dd></div>
        <div><dt>Agent</dt><dd class="mono">${item.agent}</dd></div><div><dt>Attempts</dt><dd class="num">${item.attempts ?? "–"}</dd></div><div><dt>Size</dt><dd class="num">${item.size} bytes</dd></div>
        <div><dt>Letter</dt><dd><${Copy} text=${item.position} what="position of the dead letter" /></dd></div></dl>
      ${item.parked === null && html`<p>The worker that knows whether this key waits does not answer now.</p>`}
      ${item.parked && item.key && html`<${Release} item=${item} reload=${reload} />`}
      <p>See the record's bytes and headers:</p><${CommandLine} text=${`kawka deadletters show ${item.position}`} />
      ${item.parked && item.key && html`<p>Retry, from the command line:</p><${CommandLine} text=${commandLine("retry", item)} />
        <p>Discard, from the command line:</p><${CommandLine} text=${commandLine("discard", item)} />`}
    </div>`}</li>`;
}

function commandLine(action, { key, agent }) {
  return `kawka deadletters ${action} ${quoted(key)}${agent === "invoices" ? "" : ` --agent ${agent}`}`;
}

/** Lets a key that waits go on: with the record that failed, or without it. */
function Release({ item, reload }) {
  const state = useSignal({ phase: "idle" });
  const release = async (action) => {
    state.value = { phase: action };
    try {
      const path = `/api/deadletters/${encodeURIComponent(item.agent)}/${encodeURIComponent(item.key)}`;
      const { data } = await call(path, { body: { action }, timeout: 40_000 });
      if (data.released) say(`${item.key} goes on`);
      state.value = data.released ? { phase: "idle" } : { phase: "failed", text: "It failed again and still waits; the newest dead letter says why." };
      reload();
    } catch (problem) {
      state.value = { phase: "failed", text: problem.message };
    }
  };
  const { phase, text } = state.value;
  const busy = phase === "retry" || phase === "discard";
  return html`<div class="panel"><div class="row">
      <p>${phase === "sure" ? "Discard this record for good, and go on with those behind it?" : "Mend the cause first, then retry: the record and all that wait behind it are handled in order."}</p>
      <div class="buttons">${phase === "sure"
        ? html`<button type="button" class="primary danger" onClick=${() => release("discard")}>Discard the record</button><button type="button" onClick=${() => (state.value = { phase: "idle" })}>Keep it</button>`
        : html`<button type="button" class="primary" disabled=${busy} onClick=${() => release("retry")}>${phase === "retry" ? "Retrying…" : "Retry"}</button>
          <button type="button" class="quiet danger" disabled=${busy} onClick=${() => (state.value = { phase: "sure" })}>${phase === "discard" ? "Discarding…" : "Discard"}</button>`}</div></div>
    ${phase === "failed" && html`<p class="fault" role="alert">${text}</p>`}</div>`;
}
