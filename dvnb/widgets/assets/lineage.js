// Stages, notebooks, data and params as a graph: walk it by mouse or arrow keys, ask why a stage is stale, run it.

const LEGEND = [
  ["upstream", "info"],
  ["downstream", "good"],
];
const ZOOMS = { least: 0.1, most: 3, step: 1.25 };

function draw(ui) {
  const { nodes, path, rev } = ui.data;
  if (!nodes.length) return [title(path), h("p", {}, "There is no stage and no tracked data yet."), h("div.tools", {}, button(ui, "Refresh", () => ui.act("reload")))];
  const chosen = nodes.find((node) => node.name === ui.local.chosen) ?? nodes.find((node) => node.target) ?? nodes.find((node) => node.kind === "stage" && node.state) ?? nodes[0];
  const choose = (name) => ui.set({ chosen: name });
  const near = { upstream: reach(ui.data.edges, chosen.name, 1, 0), downstream: reach(ui.data.edges, chosen.name, 0, 1) };
  return [
    title(path, h("span.counts", {}, `${nodes.length} nodes`), rev ? badge(rev.slice(0, 7), "info") : staleBadge(nodes)),
    tools(ui, choose),
    graph(ui, chosen, near, choose),
    h("div.legend", {}, LEGEND.map(([side, tone]) => badge(`${near[side].size} ${side}`, tone)), badge("! stale", "warn"), badge("… waits for a stale stage", "dim")),
    details(ui, chosen),
  ];
}

function title(path, ...more) {
  return h("header.header", {}, h("strong", {}, "Lineage of "), path ? h("code", {}, path) : "the project", " ", more);
}

function staleBadge(nodes) {
  const stale = nodes.filter((node) => node.kind === "stage" && node.state).length;
  return stale ? badge(`${stale} stale ${stale === 1 ? "stage" : "stages"}`, "warn") : badge("all is up to date", "good");
}

/** All that can be reached along edges, from their end `from` to their end `to`. */
function reach(edges, start, from, to) {
  const found = new Set();
  const waiting = [start];
  while (waiting.length) {
    const name = waiting.pop();
    for (const edge of edges)
      if (edge[from] === name && !found.has(edge[to])) {
        found.add(edge[to]);
        waiting.push(edge[to]);
      }
  }
  return found;
}

function tools(ui, choose) {
  const zoom = (by) => () => ui.set({ zoom: bounded((ui.local.zoom ?? opening(ui)) * by) });
  const names = `${ui.id}-names`;
  const find = (event) => {
    const root = event.target.closest(".dvnb-widget").parentElement;
    if (!ui.data.nodes.some((node) => node.name === event.target.value)) return;
    choose(event.target.value);
    root.querySelector('.dvnb-node[tabindex="0"]').focus();
  };
  const stale = ui.data.nodes.some((node) => node.kind === "stage" && node.state);
  return h(
    "div.tools",
    { role: "toolbar", "aria-label": "What can be done" },
    h("input", { type: "search", placeholder: "Find …", list: names, "aria-label": "Find a node", "data-key": "find", onchange: find, size: 18 }),
    h("datalist", { id: names }, ui.data.nodes.map((node) => h("option", { value: node.name }))),
    button(ui, "−", zoom(1 / ZOOMS.step), { title: "Smaller (Ctrl and the wheel)" }),
    button(ui, "+", zoom(ZOOMS.step), { title: "Larger (Ctrl and the wheel)" }),
    button(ui, "Fit", (event) => ui.set({ zoom: fitting(ui, event.target.closest(".dvnb-widget")) }), { title: "All of it" }),
    button(ui, "1:1", () => ui.set({ zoom: 1 }), { title: "Letters in their natural size" }),
    button(ui, "Run all", () => ui.act("run_all"), { disabled: !stale, title: "Bring all stages up to date" }),
    button(ui, "Refresh", () => ui.act("reload")),
  );
}

function bounded(zoom) {
  return Math.max(ZOOMS.least, Math.min(ZOOMS.most, zoom));
}

/** Small graphs as they are, large ones smaller, but so that names can be read. */
function opening(ui) {
  return Math.max(0.55, Math.min(1, 1000 / ui.data.width));
}

function fitting(ui, widget) {
  const box = widget.querySelector(".dvnb-graph");
  return bounded(Math.min(1, (box.clientWidth - 8) / ui.data.width, 440 / ui.data.height));
}

function graph(ui, chosen, near, choose) {
  const { width, height, lines, nodes, boxes } = ui.data;
  const zoom = ui.local.zoom ?? opening(ui);
  const onwheel = (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    ui.set({ zoom: bounded(zoom * (event.deltaY < 0 ? ZOOMS.step : 1 / ZOOMS.step)) });
  };
  const onkeydown = (event) => {
    if (event.key === "+" || event.key === "-") ui.set({ zoom: bounded(zoom * (event.key === "+" ? ZOOMS.step : 1 / ZOOMS.step)) });
    else if (event.key === "Enter") event.target.closest(".dvnb-widget").querySelector(".dvnb-details button:enabled")?.focus();
    else {
      const next = neighbour(ui.data, chosen.name, event.key);
      if (next === undefined) return;
      choose(next);
    }
    event.preventDefault();
  };
  const side = (name) => (near.upstream.has(name) ? "upstream" : near.downstream.has(name) ? "downstream" : name === chosen.name ? "chosen" : "far");
  const way = (line) => (near.upstream.has(line.from) && side(line.to) !== "far" && !near.downstream.has(line.to) ? "upstream" : near.downstream.has(line.to) && side(line.from) !== "far" && !near.upstream.has(line.from) ? "downstream" : "far");
  const drawn = lines.map((line) =>
    s("g", { class: `dvnb-line dvnb-${way(line)}`, transform: `translate(${line.move})` }, s("path", { d: line.path }), s("path", { d: line.head, class: "dvnb-head" })),
  );
  const shown = nodes.map((node) => box(node, boxes[node.name], side(node.name), () => choose(node.name)));
  const picture = s("svg", { width: width * zoom, height: height * zoom, viewBox: `0 0 ${width} ${height}`, role: "listbox", "aria-label": "Graph; arrow keys walk it", onkeydown }, drawn, shown);
  return h("div.scroll.graph", { onwheel }, picture);
}

const ROUND = { data: 17, params: 3, file: 3, notebook: 3, stage: 8, url: 17, origin: 17 };

function box(node, [x, y, width, height], side, onclick) {
  const classes = ["node", `is-${node.kind}`, side, node.state && "stale", node.waits && "waits"].filter(Boolean).map((name) => `dvnb-${name}`);
  const told = [node.kind, node.name, node.why.length ? `stale: ${node.why.join(", ")}` : node.waits ? "waits for a stale stage" : ""];
  const left = x - width / 2;
  const top = y - height / 2;
  const mark = node.state ? "!" : node.waits ? "…" : "";
  return s(
    "g",
    { class: classes.join(" "), onclick, role: "option", tabindex: side === "chosen" ? 0 : -1, "aria-selected": side === "chosen", "aria-label": told.filter(Boolean).join(", "), "data-key": "graph", "data-name": node.name },
    s("title", {}, told.filter(Boolean).join("\n")),
    s("rect", { x: left, y: top, width, height, rx: ROUND[node.kind] }),
    node.kind === "notebook" && s("path", { d: `M${left + 5} ${top}v${height}`, class: "dvnb-spine" }),
    s("text", { x, y, "text-anchor": "middle", "dominant-baseline": "central" }, node.name),
    mark && s("circle", { cx: left + width - 4, cy: top + 3, r: 8, class: "dvnb-mark" }),
    mark && s("text", { x: left + width - 4, y: top + 3, "text-anchor": "middle", "dominant-baseline": "central", class: "dvnb-mark" }, mark),
  );
}

/** Where an arrow key leads: along an edge if there is one, else to what is nearest in that direction. */
function neighbour({ edges, boxes, nodes }, from, key) {
  if (key === "Home") return nodes[0].name;
  if (key === "End") return nodes[nodes.length - 1].name;
  const way = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[key];
  if (!way) return undefined;
  const [x, y] = boxes[from];
  const linked = edges.flatMap(([above, below]) => (key === "ArrowUp" && below === from ? [above] : key === "ArrowDown" && above === from ? [below] : []));
  const others = linked.length ? linked : nodes.map((node) => node.name).filter((name) => name !== from);
  let best;
  for (const name of others) {
    const [dx, dy] = [boxes[name][0] - x, boxes[name][1] - y];
    const ahead = dx * way[0] + dy * way[1];
    const aside = Math.abs(dx * way[1]) + Math.abs(dy * way[0]);
    if (ahead <= 0) continue;
    const far = ahead + 3 * aside;
    if (!best || far < best.far) best = { name, far };
  }
  return best?.name;
}

function details(ui, node) {
  const { told } = ui.data;
  const lines = ui.busy ? ui.progress.lines ?? [] : ui.data.output;
  const asks = [
    node.kind === "stage" && !ui.data.rev && button(ui, "Run", () => ui.act("run", { stage: node.path }), { primary: true, title: "Bring this stage, and what it depends on, up to date" }),
    node.kind === "stage" && !ui.data.rev && button(ui, "Why stale", () => ui.act("why", { stage: node.path }), { disabled: !node.state }),
    node.kind === "data" && button(ui, "Show versions", () => ui.act("versions", { path: node.path })),
  ];
  return h(
    "section.details",
    { "aria-label": `Details of ${node.name}` },
    h("div.tools", {}, h("strong", {}, node.name), badge(node.kind), node.state && badge(node.state, "warn"), node.waits && badge("waits for a stale stage"), asks),
    node.why.length > 0 && node.kind === "stage" && h("ul.why", { "aria-label": "Why it is stale" }, node.why.map((reason) => h("li", {}, reason))),
    h("dl.facts", {}, node.facts.map(([word, text]) => [h("dt", {}, word), h("dd", {}, text)])),
    told.about === node.path && h("section.preview", { "aria-label": told.title }, h("strong", {}, told.title), trusted(told.html)),
    lines.length > 0 && h("pre.scroll.output", { "aria-label": "What commands said", tabindex: 0, "data-key": "output" }, lines.join("\n")),
  );
}
