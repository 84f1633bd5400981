/** The parts of a graph that no edge joins, each a graph of its own. */
export function apart({ nodes, edges }) {
  const root = new Map(nodes.map((node) => [node.id, node.id]));
  const find = (id) => (root.get(id) === id ? id : find(root.get(id)));
  for (const { from, to } of edges) if (root.has(from) && root.has(to)) root.set(find(from), find(to));
  const parts = new Map();
  for (const node of nodes) parts.set(find(node.id), [...(parts.get(find(node.id)) ?? []), node]);
  return [...parts.values()].map((own) => {
    const ids = new Set(own.map((node) => node.id));
    return { nodes: own, edges: edges.filter((edge) => ids.has(edge.from) && ids.has(edge.to)) };
  });
}

/**
 * Lays a directed graph out in columns, left to right: an edge that would close a circle is turned round for the
 * layout, each node stands right of all that lead to it, long edges pass through columns as places of their own,
 * and neighbours are brought to one height by going over the columns a few times.
 */
export function layOut({ nodes, edges }, { gap = 48, row = 52, height = 34, pad = 12, widthOf = () => 160 } = {}) {
  const known = new Map(nodes.map((node) => [node.id, node]));
  const real = edges.filter((edge) => known.has(edge.from) && known.has(edge.to) && edge.from !== edge.to);
  const forward = turnCircles(nodes, real);
  const layer = rank(nodes, forward);

  const columns = [];
  const put = (place) => (columns[place.layer] ??= []).push(place);
  const places = new Map(nodes.map((node) => [node.id, { id: node.id, node, layer: layer.get(node.id), next: [], before: [] }]));
  places.forEach(put);
  const paths = forward.map(({ edge, from, to, turned }) => {
    const steps = [places.get(from)];
    for (let at = layer.get(from) + 1; at < layer.get(to); at += 1) {
      const bend = { id: `${from}>${to}@${at}`, layer: at, next: [], before: [] };
      put(bend);
      steps.push(bend);
    }
    steps.push(places.get(to));
    for (let at = 1; at < steps.length; at += 1) {
      steps[at - 1].next.push(steps[at]);
      steps[at].before.push(steps[at - 1]);
    }
    return { edge, steps, turned };
  });

  order(columns);
  const tallest = Math.max(...columns.map((places_) => weight(places_)));
  let x = pad;
  for (const places_ of columns) {
    const width = Math.max(...places_.map((place) => (place.node ? widthOf(place.node) : 0)));
    let y = ((tallest - weight(places_)) * row) / 2;
    for (const place of places_) {
      const size = place.node ? row : row * 0.6;
      Object.assign(place, { x, y: pad + y + size / 2, width, height });
      y += size;
    }
    x += width + gap;
  }
  return {
    width: x - gap + pad,
    height: pad * 2 + tallest * row,
    nodes: [...places.values()],
    edges: paths.map((path) => ({ ...path, line: line(path) })),
  };
}

function weight(places) {
  return places.reduce((total, place) => total + (place.node ? 1 : 0.6), 0);
}

function turnCircles(nodes, edges) {
  const out = new Map(nodes.map((node) => [node.id, []]));
  for (const edge of edges) out.get(edge.from).push(edge);
  const into = new Set(edges.map((edge) => edge.to));
  const state = new Map();
  const forward = [];
  const visit = (id) => {
    state.set(id, "open");
    for (const edge of out.get(id)) {
      const turned = state.get(edge.to) === "open";
      forward.push(turned ? { edge, from: edge.to, to: edge.from, turned } : { edge, from: edge.from, to: edge.to, turned });
      if (!state.has(edge.to)) visit(edge.to);
    }
    state.set(id, "done");
  };
  // Start where the data comes in, so that what is turned is the feedback and not the flow.
  for (const node of [...nodes].sort((a, b) => into.has(a.id) - into.has(b.id))) if (!state.has(node.id)) visit(node.id);
  return forward;
}

function rank(nodes, edges) {
  const layer = new Map(nodes.map((node) => [node.id, 0]));
  for (let round = 0; round < nodes.length; round += 1) {
    let moved = false;
    for (const { from, to } of edges) {
      if (layer.get(to) <= layer.get(from)) {
        layer.set(to, layer.get(from) + 1);
        moved = true;
      }
    }
    if (!moved) break;
  }
  return layer;
}

function order(columns) {
  const number = (places) => places.forEach((place, index) => (place.rank = index - (places.length - 1) / 2));
  columns.forEach(number);
  const mean = (places, own) => (places.length ? places.reduce((total, place) => total + place.rank, 0) / places.length : own);
  for (let sweep = 0; sweep < 8; sweep += 1) {
    const down = sweep % 2 === 0;
    for (const places of down ? columns : columns.toReversed()) {
      const aim = new Map(places.map((place) => [place, mean(down ? place.before : place.next, place.rank)]));
      places.sort((a, b) => aim.get(a) - aim.get(b));
      number(places);
    }
  }
}

function line({ steps, turned }) {
  // Two edges between the same two nodes, there and back, run a little apart.
  const shift = turned ? 7 : 0;
  let path = `M${steps[0].x + steps[0].width},${steps[0].y + shift}`;
  for (let at = 1; at < steps.length; at += 1) {
    const a = steps[at - 1];
    const b = steps[at];
    const from = a.x + a.width;
    const bend = (b.x - from) / 2;
    path += ` C${from + bend},${a.y + shift} ${b.x - bend},${b.y + shift} ${b.x},${b.y + shift}`;
    if (!b.node) path += ` L${b.x + b.width},${b.y + shift}`;
  }
  return path;
}
