import { html } from "../html.js";
import { ageText, now } from "../clock.js";
import { cluster, tasks } from "../cluster.js";
import { useTitle } from "../frame.js";
import { Copy } from "../parts/copy.js";
import { Empty, Failure, Skeleton } from "../parts/states.js";
import { Shape, Status } from "../parts/status.js";

export function Workers() {
  useTitle("Workers");
  const { workers, problem, at } = cluster.value;
  return html`<div class="page-head"><h1>Workers</h1>${workers && html`<span class="meta num">${workers.length} · asked ${ageText(now.value - at)} ago</span>`}</div>
    ${problem && html`<${Failure} title="The workers could not be asked" problem=${problem}><p>${workers ? "Below is what was known last." : ""}</p><//>`}
    ${!workers && !problem && html`<${Skeleton} label="Asking the workers" />`}
    ${workers && !workers.length && html`<${Empty} title="No worker has reported"><p>The cluster may still be starting.</p><//>`}
    ${workers?.length > 0 && html`<${Cards} workers=${workers} /><${Map} workers=${workers} /><${Tasks} workers=${workers} />`}`;
}

const sumOf = (rows, name) => rows.reduce((total, row) => total + (row[name] ?? 0), 0);
const short = (url) => url.replace(/^https?:\/\//, "");

function Cards({ workers }) {
  return html`<ul class="cards">${workers.map((worker) => {
    const active = worker.tasks.filter((task) => task.role === "active");
    const ready = active.filter((task) => task.state === "ready").length;
    const silent = worker.pid === null;
    const parked = sumOf(active, "parkedKeys");
    const here = short(worker.url) === location.host;
    return html`<li key=${worker.url} class="card"><header><${Shape} of=${silent ? "lost" : ready === active.length ? "ready" : "restoring"} size=${12} /><a class="mono" href=${worker.url}>${short(worker.url)}</a>${here && html`<span class="tag">serves this page</span>`}${silent && html`<span class="tag bad">does not answer</span>`}</header>
      <dl><div><dt>Active</dt><dd class="num">${ready}/${active.length} ready</dd></div><div><dt>Standby</dt><dd class="num">${worker.tasks.length - active.length}</dd></div>
        <div><dt>Lag</dt><dd class="num">${silent ? "–" : sumOf(active, "lag").toLocaleString("en")}</dd></div>${parked > 0 && html`<div><dt>Parked keys</dt><dd class="num"><a href="/dead-letters">${parked}</a></dd></div>`}<div><dt>Process</dt><dd class="num">${worker.pid ?? "–"}</dd></div><div><dt>Generation</dt><dd class="num">${worker.generation ?? "–"}</dd></div></dl></li>`;
  })}</ul>`;
}

/** Who holds what: one row an agent, one column a partition. A gap is a partition that nobody holds. */
function Map({ workers }) {
  const { agents, partitions } = tasks.value;
  const owner = (agent, partition) => {
    for (const worker of workers) {
      const task = worker.tasks.find((one) => one.agent === agent && one.partition === partition && one.role === "active");
      if (task) return { worker, task };
    }
    return null;
  };
  return html`<section class="block"><h2>Who holds what</h2><div class="scroll" tabindex="0" role="region" aria-label="Partitions by agent">
    <table class="map"><caption class="sr">The worker that holds each partition of each agent</caption>
      <thead><tr><th scope="col">Agent</th>${Array.from({ length: partitions }, (_, partition) => html`<th scope="col" class="num" key=${partition}>${partition}</th>`)}</tr></thead>
      <tbody>${agents.map((agent) => html`<tr key=${agent}><th scope="row" class="mono">${agent}</th>
        ${Array.from({ length: partitions }, (_, partition) => {
          const held = owner(agent, partition);
          if (!held) return html`<td key=${partition} class="nobody"><${Status} of="lost" word="nobody" /></td>`;
          return html`<td key=${partition}><span class="cell"><${Shape} of=${held.task.state} size=${10} /><span class="num">:${new URL(held.worker.url).port}</span></span>
            ${held.task.state === "ready" ? html`<span class="sr">ready</span>` : html`<span class="meta">${progress(held.task)}</span>`}</td>`;
        })}</tr>`)}</tbody></table></div></section>`;
}

function progress(task) {
  if (task.state !== "restoring") return task.state;
  if (!task.toRestore) return "restoring";
  return `${Math.floor((100 * task.restored) / task.toRestore)} %`;
}

function Tasks({ workers }) {
  const rows = workers.flatMap((worker) => worker.tasks.map((task) => ({ ...task, worker })));
  rows.sort((a, b) => a.agent.localeCompare(b.agent) || a.partition - b.partition || a.role.localeCompare(b.role));
  return html`<section class="block"><h2>Tasks</h2><div class="scroll" tabindex="0" role="region" aria-label="Tasks"><table class="rows tasks"><caption class="sr">Tasks</caption>
    <thead><tr><th scope="col">State</th><th scope="col">Agent</th><th scope="col" class="num">Partition</th><th scope="col">Role</th><th scope="col">Worker</th><th scope="col" class="num">Restored</th><th scope="col" class="num">Lag</th><th scope="col">Position</th></tr></thead>
    <tbody>${rows.map((task) => html`<tr key=${`${task.agent}/${task.partition}/${task.role}/${task.worker.url}`}>
      <td><${Status} of=${task.state} /></td><td class="mono">${task.agent}</td><td class="num">${task.partition}</td><td>${task.role}</td><td class="mono">${short(task.worker.url)}</td>
      <td class="num">${restored(task)}</td><td class="num">${task.lag?.toLocaleString("en") ?? "–"}</td>
      <td>${task.position ? html`<${Copy} text=${String(task.position)} short=${44} what="position" />` : "–"}</td></tr>`)}</tbody></table></div></section>`;
}

function restored(task) {
  if (task.state !== "restoring") return task.restored?.toLocaleString("en") ?? "–";
  const of = `${(task.restored ?? 0).toLocaleString("en")} of ${(task.toRestore ?? 0).toLocaleString("en")}`;
  return html`<span class="progress"><progress max=${task.toRestore || 1} value=${task.restored ?? 0} aria-label=${`Restored ${of}`} />${of}${task.secondsLeft ? `, ${Math.ceil(task.secondsLeft)} s left` : ""}</span>`;
}
