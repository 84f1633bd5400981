import { html } from "../html.js";
import { useSignal } from "../vendor/signals.js";
import { useEffect, useLayoutEffect, useMemo, useRef } from "../vendor/hooks.js";
import { call } from "../api.js";
import { useTitle } from "../frame.js";
import { apart, layOut } from "../graph.js";
import { go, route, withQuery } from "../router.js";
import { Empty, Failure, Skeleton } from "../parts/states.js";

export function Topology() {
  useTitle("Topology");
  const state = useSignal({});
  const read = () => call("/api/topology").then(({ data }) => (state.value = { data }), (problem) => (state.value = { problem }));
  useEffect(() => void read(), []);
  const { data, problem } = state.value;
  const whole = Boolean(route.value.query.plumbing);
  const parts = useMemo(() => (data ? flows(data, whole) : []), [data, whole]);
  const hidden = (data?.nodes.length ?? 0) - parts.reduce((total, part) => total + part.nodes.length, 0);
  return html`<div class="page-head"><h1>Topology</h1>${data && html`<${Legend} />${hidden > 0 || whole ? html`<a class="button" href=${withQuery({ plumbing: whole ? null : "1", node: null })}>${whole ? "Hide the plumbing" : `Show the plumbing (${hidden})`}</a>` : null}`}</div>
    ${problem && html`<${Failure} title="The topology could not be loaded" problem=${problem} again=${read} />`}
    ${!data && !problem && html`<${Skeleton} label="Loading the topology" />`}
    ${data && !data.nodes.length && html`<${Empty} title="Nothing flows yet"><p>No agent is defined on this worker.</p><//>`}
    ${data?.nodes.length > 0 && html`${parts.map((part) => html`<${Graph} key=${`${whole} ${part.nodes[0].id}`} data=${part} />`)}<${Behind} data=${data} />`}`;
}

// What the engine keeps for itself is in every flow alike: it is left out until asked for.
function isPlumbing(node) {
  if (node.kind === "table") return Boolean(node.internal);
  return node.kind === "topic" && (named(node) === "dead-letters" || /^kawka-.*(?<!-repartition)$/.test(named(node)));
}

/** The flows on show, the largest first, each apart from the others. */
function flows({ nodes, edges }, whole) {
  const shown = whole ? nodes : nodes.filter((node) => !isPlumbing(node));
  return apart({ nodes: shown, edges }).sort((a, b) => b.nodes.length - a.nodes.length);
}

function Legend() {
  return html`<ul class="legend"><li><i class="swatch topic" />Topic</li><li><i class="swatch agent" />Agent</li><li><i class="swatch table" />Table</li></ul>`;
}

function Graph({ data }) {
  const drawn = useMemo(() => layOut(data, { widthOf: (node) => 28 + 7 * Math.max(12, clip(named(node)).length) }), [data]);
  const box = useRef();
  useLayoutEffect(() => {
    // Where not all of it fits, begin at the first agent: what it does is more than what feeds it.
    const [agent] = drawn.nodes.filter(({ node }) => node.kind === "agent").sort((a, b) => a.x - b.x);
    if (agent && box.current.scrollWidth > box.current.clientWidth + agent.x) box.current.scrollLeft = agent.x - 24;
  }, [drawn]);
  const picked = route.value.query.node;
  const near = new Set(picked ? [picked] : []);
  for (const { edge } of drawn.edges) if (edge.from === picked || edge.to === picked) near.add(edge.from).add(edge.to);
  const dim = (on) => (picked && near.size && !on ? "dim" : "");
  const pick = (id) => go(withQuery({ node: picked === id ? null : id }), { replace: true });
  return html`<div ref=${box} class="scroll graph" tabindex="0" role="region" aria-label=${`Flow of ${data.nodes.filter((node) => node.kind === "agent").map(named).join(", ")}; the same as a table below`}>
    <svg width=${drawn.width} height=${drawn.height} viewBox=${`0 0 ${drawn.width} ${drawn.height}`} aria-hidden="true">
      <defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0 .8 7 4 0 7.200z" /></marker></defs>
      ${drawn.edges.map(({ edge, line, turned }) => html`<path key=${`${edge.from}>${edge.to} ${edge.kind}`} d=${line} class=${`edge ${turned ? "back" : ""} ${dim(edge.from === picked || edge.to === picked)}`}
        marker-end=${turned ? undefined : "url(#arrow)"} marker-start=${turned ? "url(#arrow)" : undefined} />`)}
      ${drawn.nodes.map(({ node, x, y, width, height }) => html`<g key=${node.id} class=${`node ${node.kind} ${dim(near.has(node.id))}`} transform=${`translate(${x} ${y - height / 2})`} onClick=${() => pick(node.id)}>
        <rect width=${width} height=${height} rx=${node.kind === "agent" ? 17 : 4} />${node.kind === "table" && html`<path d=${`M0 9h${width}`} class="lid" />`}
        <text x=${width / 2} y=${height / 2 + (node.kind === "table" ? 7 : 4)}>${clip(named(node))}<title>${named(node)}</title></text></g>`)}
    </svg></div>`;
}

const named = (node) => node.label ?? node.name;

/** What a node is, in a line: an agent's and a table's own words, a topic's key and how long it is kept. */
function about(node) {
  if (node.kind !== "topic") return node.help ?? "";
  const facts = [node.key && `key ${node.key}`, node.partitions && `${node.partitions} partitions`];
  if (node.compacted) facts.push("compacted");
  else if (node.retentionMs) facts.push(`kept ${node.retentionMs / 86_400_000} days`);
  else if (node.retentionMs === null) facts.push("kept for ever");
  return facts.filter(Boolean).join(", ");
}

function clip(label) {
  if (label.length <= 27) return label;
  // Of a long internal name the end says more: whose it is can be read off the edges.
  return label.startsWith("kawka-") ? `…${label.slice(-26)}` : `${label.slice(0, 26)}…`;
}

function Behind({ data }) {
  const label = new Map(data.nodes.map((node) => [node.id, named(node)]));
  const links = (ids) => (ids.length ? ids.map((id) => label.get(id) ?? id).join(", ") : "–");
  const kinds = ["agent", "topic", "table"];
  const nodes = [...data.nodes].sort((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind) || named(a).localeCompare(named(b)));
  const picked = route.value.query.node;
  return html`<section class="block"><h2>As a table</h2><div class="scroll" tabindex="0" role="region" aria-label="Topology as a table"><table class="rows topo"><caption class="sr">Topics, agents and tables, and what they read and feed</caption>
    <thead><tr><th scope="col">Name</th><th scope="col">Kind</th><th scope="col">What it is</th><th scope="col">Fed by</th><th scope="col">Feeds</th></tr></thead>
    <tbody>${nodes.map((node) => html`<tr key=${node.id} class=${node.id === picked ? "picked" : ""}><td><a class="mono" href=${withQuery({ node: node.id === picked ? null : node.id })}>${named(node)}</a></td><td><span class="kind"><i class=${`swatch ${node.kind}`} />${node.kind}</span></td><td class="wrap what">${about(node)}</td>
      <td class="mono wrap">${links(data.edges.filter((edge) => edge.to === node.id).map((edge) => edge.from))}</td><td class="mono wrap">${links(data.edges.filter((edge) => edge.from === node.id).map((edge) => edge.to))}</td></tr>`)}</tbody></table></div></section>`;
}
