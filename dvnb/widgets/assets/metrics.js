// Metrics and params of many versions. Only the rows that can be seen are in the page, so that thousands stay quick.

const ROW = 26;
const SPARE = 12;
const WIDEST = 26;

function draw(ui) {
  const { columns, rows, failed, scopes, scope } = ui.data;
  const { hidden = new Set(), picked = new Set(), filter = "", sort = {} } = ui.local;
  const visible = columns.filter((column) => !hidden.has(column.key));
  const wanted = parseFilter(filter, columns);
  const found = wanted.error ? rows : sortRows(rows.filter(wanted.keeps), sort, columns);
  const chosen = rows.filter((row) => picked.has(row.key));
  const toggle = (row) => {
    const next = new Set(picked);
    if (!next.delete(row.key)) next.add(row.key);
    ui.set({ picked: next, cursor: row.key });
  };
  const versions = h(
    "label.check",
    {},
    "Versions",
    h(
      "select",
      { "data-key": "versions", "aria-label": "Versions", disabled: ui.busy !== "", onchange: (event) => ui.act("look_at", { scope: event.target.value }) },
      scopes.map(([key, label]) => h("option", { value: key, selected: key === scope }, label)),
    ),
  );
  const search = h("input.filter", {
    type: "search",
    value: filter,
    placeholder: "Filter: words, or acc > 0.9",
    "aria-label": "Filter",
    "aria-invalid": wanted.error ? "true" : undefined,
    "data-key": "filter",
    oninput: (event) => {
      const scroller = event.target.closest(".dvnb-widget").querySelector(".dvnb-scroll");
      if (scroller) scroller.scrollTop = 0;
      ui.set({ filter: event.target.value, top: 0 });
    },
  });
  const count = found.length === rows.length ? `${rows.length.toLocaleString("en")} rows` : `${found.length.toLocaleString("en")} of ${rows.length.toLocaleString("en")} rows`;
  const choosing = ui.local.choosing;
  return [
    h("header.header", {}, h("strong", {}, "Metrics and params")),
    h("div.tools", { role: "toolbar", "aria-label": "What is shown" }, versions, search, h("span.count", { "aria-live": "polite" }, count),
      h("button.button", { type: "button", "data-key": "Columns", "aria-expanded": String(Boolean(choosing)), onclick: () => ui.set({ choosing: !choosing }) }, `Columns (${visible.length} of ${columns.length})`),
      picked.size > 0 && h("button.button", { type: "button", "data-key": "Clear", onclick: () => ui.set({ picked: new Set() }) }, "Choose none"),
      button(ui, "Refresh", () => ui.act("reload"))),
    wanted.error && h("p.problem", { role: "alert" }, wanted.error),
    choosing && chooser(ui, columns, hidden),
    columns.length ? grid(ui, { rows: found, columns: visible, picked, sort, toggle }) : h("p", {}, "No version has metrics or params yet."),
    failed.map((entry) => h("p.problem", {}, `${entry.name}: ${entry.message}`)),
    chosen.length > 1 ? comparison(ui, chosen, visible) : columns.length > 0 && h("p.hint", {}, "Choose two rows or more (a click, or Space) to compare them."),
    plot(ui, found, columns, picked, toggle),
  ];
}

function chooser(ui, columns, hidden) {
  const show = (keys, on) => {
    const next = new Set(hidden);
    for (const key of keys) on ? next.delete(key) : next.add(key);
    ui.set({ hidden: next });
  };
  const keys = columns.map((column) => column.key);
  return h(
    "fieldset.options",
    {},
    h("legend", {}, "Columns"),
    [["All", true], ["None", false]].map(([label, on]) => h("button.button", { type: "button", "data-key": `columns ${label}`, onclick: () => show(keys, on) }, label)),
    columns.map((column) => check(ui, `${column.label}${column.kind === "param" ? " (param)" : ""}`, !hidden.has(column.key), (on) => show([column.key], on))),
  );
}

/** The table: arrows, Page Up and Down, Home and End move, Space or Enter chooses. */
function grid(ui, { rows, columns, picked, sort, toggle }) {
  const places = new Map(ui.data.columns.map((column, at) => [column.key, at]));
  const fixed = [
    { key: "name", label: "Version", chars: Math.min(WIDEST, longest(rows, (row) => row.name.length + (row.kind === "experiment" ? 13 : 0))) },
    { key: "rev", label: "Commit", chars: 9 },
    { key: "created", label: "Created", chars: 16 },
  ];
  const all = [...fixed, ...columns.map((column) => ({ ...column, chars: Math.min(WIDEST, longest(rows, (row) => row.texts[places.get(column.key)].length)) }))];
  const widths = all.map((column) => Math.max(column.chars, column.label.length + 3) + 3);
  const body = h("tbody");
  const scroller = h("div.scroll", { onscroll: () => ((ui.local.top = scroller.scrollTop), fill()) });
  const cells = (row) => [
    h("td", {}, h("input", { type: "checkbox", tabindex: -1, checked: picked.has(row.key), "aria-label": `Compare ${row.name}` })),
    h("td", { title: row.base ? `${row.name}: derived from ${row.base}` : row.name }, row.name, row.kind === "experiment" ? badge("experiment", "info") : ""),
    h("td", {}, row.kind === "workspace" ? "" : h("code", {}, row.rev)),
    h("td", {}, row.created),
    columns.map((column) => h(column.number ? "td.number" : "td", { title: row.texts[places.get(column.key)] }, row.texts[places.get(column.key)])),
  ];
  const space = (count) => h("tr", { "aria-hidden": "true", style: `height: ${count * ROW}px` }, h("td.space", { colspan: all.length + 1 }));
  function fill() {
    const first = Math.max(0, Math.min(Math.floor((ui.local.top ?? 0) / ROW), rows.length - SPARE) - SPARE);
    const last = Math.min(rows.length, first + 3 * SPARE + 2);
    const drawn = rows.slice(first, last).map((row, at) => {
      const names = [picked.has(row.key) && "dvnb-chosen", row.key === ui.local.cursor && "dvnb-cursor"].filter(Boolean).join(" ");
      return h("tr", { class: names || undefined, "aria-selected": String(picked.has(row.key)), "aria-rowindex": first + at + 2, onclick: () => toggle(row) }, cells(row));
    });
    body.replaceChildren(space(first), ...drawn, space(rows.length - last));
  }
  const onkeydown = (event) => {
    const now = rows.findIndex((row) => row.key === ui.local.cursor);
    const moves = { ArrowDown: now + 1, ArrowUp: now - 1, PageDown: now + 10, PageUp: now - 10, Home: 0, End: rows.length - 1 };
    if (event.target.closest("button")) return;
    if (event.key in moves) {
      const at = Math.max(0, Math.min(rows.length - 1, moves[event.key]));
      ui.local.cursor = rows[at]?.key;
      const room = scroller.clientHeight - 2 * ROW;
      if (at * ROW < scroller.scrollTop) scroller.scrollTop = at * ROW;
      else if (at * ROW > scroller.scrollTop + room) scroller.scrollTop = at * ROW - room;
      ui.local.top = scroller.scrollTop;
      fill();
    } else if ((event.key === " " || event.key === "Enter") && now >= 0) toggle(rows[now]);
    else return;
    event.preventDefault();
  };
  const head = all.map((column) => {
    const sorted = sort.by === column.key;
    const next = !sorted ? { by: column.key, down: false } : sort.down ? {} : { by: column.key, down: true };
    const arrow = sorted ? (sort.down ? " ▼" : " ▲") : "";
    return h(
      column.number ? "th.number" : "th",
      { scope: "col", "aria-sort": sorted ? (sort.down ? "descending" : "ascending") : "none", title: column.kind === "param" ? `param ${column.label}` : column.label },
      h(column.kind === "param" ? "button.sort.param" : "button.sort", { type: "button", "data-key": `sort ${column.key}`, onclick: () => ((scroller.scrollTop = 0), ui.set({ sort: next, top: 0 })) }, column.label + arrow),
    );
  });
  const sizes = h("colgroup", {}, h("col", { style: "width: 36px" }), widths.map((width) => h("col", { style: `width: ${width}ch` })));
  const least = `min-width: calc(36px + ${widths.reduce((sum, width) => sum + width, 0)}ch)`;
  const properties = { role: "grid", tabindex: 0, "aria-label": "Versions", "aria-multiselectable": "true", "aria-rowcount": rows.length + 1, "data-key": "versions grid", style: least, onkeydown };
  fill();
  scroller.append(h("table.table.rows", properties, sizes, h("thead", {}, h("tr", {}, h("th", { scope: "col", "aria-label": "Compare" }), head)), body));
  return scroller;
}

function longest(rows, length) {
  return rows.reduce((most, row) => Math.max(most, length(row)), 0);
}

/** One metric over the versions, oldest first, or against another column. */
function plot(ui, rows, columns, picked, toggle) {
  const numeric = columns.filter((column) => column.number);
  if (!numeric.length) return undefined;
  const chosen = (key) => numeric.find((column) => column.key === key);
  const y = chosen(ui.local.y) ?? numeric.find((column) => column.kind === "metric") ?? numeric[0];
  const x = chosen(ui.local.x);
  const pick = (label, value, options, onchange) =>
    h("label.check", {}, label, h("select", { "data-key": `plot ${label}`, "aria-label": label, onchange: (event) => onchange(event.target.value) }, options.map(([key, name]) => h("option", { value: key, selected: key === value }, name))));
  const named = numeric.map((column) => [column.key, column.label]);
  const [xAt, yAt] = [columns.indexOf(x), columns.indexOf(y)];
  const kept = new Set(rows);
  const inTime = x ? rows : ui.data.rows.filter((row) => kept.has(row)).reverse();
  const usable = inTime.filter((row) => typeof row.values[yAt] === "number" && (!x || typeof row.values[xAt] === "number"));
  const points = usable.map((row, at) => ({
    x: x ? row.values[xAt] : at,
    y: row.values[yAt],
    title: `${row.name}\n${y.label} = ${row.texts[yAt]}${x ? `\n${x.label} = ${row.texts[xAt]}` : ""}`,
    chosen: picked.has(row.key),
    onclick: () => toggle(row),
  }));
  const names = x ? undefined : usable.map((row) => (row.name.length > 12 ? `${row.name.slice(0, 11)}…` : row.name));
  const xLabel = x?.label ?? "versions, oldest first";
  return h(
    "section.plot",
    { "aria-label": "Plot" },
    h("div.tools", {}, pick("Plot", y.key, named, (key) => ui.set({ y: key })), pick("over", x?.key ?? "", [["", "versions"], ...named], (key) => ui.set({ x: key }))),
    points.length ? chart({ label: `${y.label} over ${xLabel}`, xLabel, yLabel: y.label, points, line: !x, names }) : h("p", {}, "None of these rows has such a number."),
  );
}
