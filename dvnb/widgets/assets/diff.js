// What differs between two versions: a folder's files, a table's cells, pictures, lines, values, a notebook's cells.

const TONES = { added: "good", deleted: "bad", removed: "bad", modified: "warn", changed: "warn", renamed: "info" };
const VIEWS = [
  ["side", "Side by side"],
  ["swipe", "Swipe"],
  ["onion", "Onion skin"],
  ["difference", "Difference"],
];

function draw(ui) {
  const { file, folder, inside, note } = ui.data;
  return [
    choices(ui),
    note && h("p.note", {}, note),
    folder && h("div.tools", {}, inside && button(ui, "← All files", () => ui.act("go_back"), { key: "back" }), inside ? h("code", {}, inside) : fileCounts(ui)),
    folder && !inside ? files(ui) : file ? inFile(ui, file) : h("p", {}, "No differences."),
  ];
}

/** The two versions and the path. What was typed stays until it is asked for. */
function choices(ui) {
  const wanted = { a: ui.data.a, b: ui.data.b, path: ui.data.path };
  const ask = (changes) => ui.act("compare", { ...wanted, ...changes });
  const paths = `${ui.id}-paths`;
  const side = (name, label, ...first) =>
    h("select", { "aria-label": label, "data-key": `version ${name}`, disabled: ui.busy !== "", onchange: (event) => ask({ [name]: event.target.value }) }, options(wanted[name], [...first, ...ui.data.versions]));
  return h(
    "div.tools",
    { role: "toolbar", "aria-label": "What is compared" },
    side("a", "Old version"),
    h("span", { "aria-hidden": "true" }, "→"),
    side("b", "New version", ["", [["workspace", "workspace"]]]),
    h("input", { type: "text", list: paths, value: wanted.path, size: 24, "aria-label": "Path", "data-key": "path", onchange: (event) => ask({ path: event.target.value }) }),
    h("datalist", { id: paths }, ui.data.paths.map((path) => h("option", { value: path }))),
    button(ui, "Refresh", () => ui.act("reload")),
  );
}

function options(chosen, groups) {
  const known = groups.some(([, versions]) => versions.some(([rev]) => rev === chosen));
  const all = known ? groups : [["", [[chosen, chosen]]], ...groups];
  let taken = false; // a branch may be called like a tag: one of them is the chosen one
  return all.map(([title, versions]) => {
    const shown = versions.map(([rev, label]) => {
      const selected = rev === chosen && !taken;
      taken = taken || selected;
      return h("option", { value: rev, selected }, label);
    });
    return title ? h("optgroup", { label: title }, shown) : shown;
  });
}

function fileCounts(ui) {
  const badges = Object.entries(ui.data.counts).filter(([, count]) => count).map(([state, count]) => badge(`${count} ${state}`, TONES[state]));
  return [badges, h("span.counts", {}, `${ui.data.unchanged} unchanged`)];
}

function files(ui) {
  const { files: rows, total } = ui.data;
  if (!total) return h("p", {}, "No differences.");
  const shown = rows.map((file) => ({ ...file, key: file.path }));
  const chosen = shown.find((file) => file.key === ui.local.file)?.key ?? shown[0].key;
  const take = (file) => ui.act("look_inside", { path: file.path });
  const columns = [
    { label: "Change", cell: (file) => badge(file.state, TONES[file.state]) },
    { label: "Path", cell: (file) => h("code", {}, file.path) },
    { label: "Compared as", cell: (file) => (file.path.endsWith(".ipynb") ? "notebook" : file.kind) },
    { label: "What", cell: (file) => file.what },
  ];
  return [
    table(ui, { label: "Files that differ", columns, rows: shown, chosen, onchoose: (file) => ui.set({ file: file.key }), ontake: take }),
    h("div.tools", {}, button(ui, "Look inside", () => take(shown.find((file) => file.key === chosen)), { primary: true, title: "What differs in this file (Enter)" }), pager(ui, total, "files")),
  ];
}

function pager(ui, total, word) {
  const { start, page } = ui.data;
  if (total <= page && !start) return [];
  const last = Math.min(start + page, total);
  return [
    button(ui, `Previous ${page}`, () => ui.act("turn_to", { start: start - page }), { disabled: start === 0, key: "previous" }),
    h("span", {}, `${start + 1}–${last} of ${total} ${word}`),
    button(ui, `Next ${page}`, () => ui.act("turn_to", { start: start + page }), { disabled: last >= total, key: "next" }),
  ];
}

function inFile(ui, file) {
  const shown = file.cells ? trusted(file.cells) : file.table ? cells(ui, file.table) : file.tree ? leaves(ui, file.tree) : file.image ? pictures(ui, file) : file.text ? lines(file.text) : "";
  return h("section", { "aria-label": `What differs in ${file.path}` }, h("div.headline", {}, badge(file.state, TONES[file.state]), " ", file.headline), h("ul.said", {}, file.facts.map((fact) => h("li", {}, fact))), file.note && h("p.note", {}, file.note), shown);
}

// ---- tables

function cells(ui, found) {
  const place = found.places.map((name) => ({ label: name, cell: (row) => h("strong", {}, row.place[found.places.indexOf(name)]) }));
  const values = found.columns.map((name, at) => ({ label: header(found, name), cell: (row) => cell(row, row.cells[at] ?? []) }));
  const columns = [{ label: "", cell: (row) => badge(row.kind, TONES[row.kind]) }, ...place, ...values];
  const rows = found.rows.map((row, at) => ({ ...row, key: at }));
  return [
    h("div.tools", {}, keys(ui, found), pager(ui, found.total, "rows")),
    rows.length > 0 && table(ui, { label: "Rows that differ", columns, rows }),
    found.hidden > 0 && h("p.note", {}, `… and ${found.hidden} more columns`),
    found.summary.rows.length > 0 && h("details", { open: ui.local.summary, ontoggle: (event) => (ui.local.summary = event.target.open) }, h("summary", { "data-key": "summary" }, "Columns"), summary(ui, found.summary)),
  ];
}

function header(found, name) {
  const tone = found.added_columns.includes(name) ? "good" : found.removed_columns.includes(name) ? "bad" : undefined;
  return tone ? badge(name, tone) : name;
}

function cell(row, values) {
  if (!values.length) return h("span.same", {}, row.kind === "changed" ? "·" : "");
  if (values.length === 1) return h(`span.${row.kind === "added" ? "new" : "old"}`, {}, values[0]);
  return [h("del.old", {}, values[0]), " → ", h("ins.new", {}, values[1])];
}

function summary(ui, { headers, rows }) {
  const columns = headers.map((label, at) => ({ label, cell: (row) => row.cells[at] }));
  return table(ui, { label: "Columns that differ", columns, rows: rows.map((row, at) => ({ key: at, cells: row })) });
}

/** Which columns tell rows apart: one box each, and one more. */
function keys(ui, found) {
  const chosen = found.matched === "key" ? found.key : [];
  const boxes = [...chosen, ""].map((name, at) => {
    const others = found.keys.filter((key) => key === name || !chosen.includes(key));
    const onchange = (event) => ui.act("match_by", { columns: [...chosen.slice(0, at), event.target.value, ...chosen.slice(at + 1)].filter(Boolean) });
    const none = at ? "and …" : { key: "automatic", position: "by position", content: "as wholes" }[found.matched];
    return h("select", { "aria-label": at ? `Key column ${at + 1}` : "Key column", "data-key": `key ${at}`, disabled: ui.busy !== "", onchange }, h("option", { value: "", selected: !name }, none), others.map((key) => h("option", { value: key, selected: key === name }, key)));
  });
  return h("label", {}, "Rows are matched by ", boxes);
}

// ---- values and lines

function leaves(ui, found) {
  const columns = [
    { label: "", cell: (row) => badge(row.kind, TONES[row.kind]) },
    { label: "Value", cell: (row) => h("code", {}, row.path) },
    { label: "Old", cell: (row) => (row.kind === "added" ? "" : h("del.old", {}, row.old)) },
    { label: "New", cell: (row) => (row.kind === "removed" ? "" : h("ins.new", {}, row.new)) },
  ];
  const rows = found.leaves.map((leaf) => ({ ...leaf, key: leaf.path }));
  return [h("div.tools", {}, pager(ui, found.total, "values")), rows.length > 0 && table(ui, { label: "Values that differ", columns, rows })];
}

const SIGNS = { "+": "new", "-": "old", "@": "place" };

function lines({ lines: shown, left_out: more }) {
  const drawn = shown.map((line, at) => h(at > 1 && SIGNS[line[0]] ? `span.${SIGNS[line[0]]}` : "span", {}, `${line}\n`));
  return h("pre.scroll.lines", { tabindex: 0, "aria-label": "Unified diff", "data-key": "lines" }, drawn, more > 0 && `… ${more} more lines`);
}

// ---- pictures

function pictures(ui, file) {
  const [old, now] = file.image.uris;
  const [before, after] = file.sides;
  const figure = (uri, name) => h("figure.picture", {}, uri ? h("img", { src: uri, alt: `${file.path} in ${name}` }) : h("em", {}, "not shown"), h("figcaption", {}, name));
  const chosen = ui.local.view ?? "side";
  if (!old || !now || chosen === "side") return [old && now && views(ui, chosen), h("div.pictures", {}, figure(old, before), figure(now, after))];
  const share = ui.local.share ?? 50;
  const top = h("img.top", { src: now, alt: `${file.path} in ${after}` });
  const edge = h("div.edge");
  const set = (value) => {
    ui.local.share = Number(value);
    top.style.clipPath = chosen === "swipe" ? `inset(0 0 0 ${value}%)` : "";
    top.style.opacity = chosen === "onion" ? value / 100 : 1;
    top.style.mixBlendMode = chosen === "difference" ? "difference" : "";
    edge.style.left = `${value}%`;
    edge.style.display = chosen === "swipe" ? "" : "none";
  };
  set(share);
  const slider = h("input.slider", { type: "range", min: 0, max: 100, value: share, "aria-label": chosen === "swipe" ? `Left of it ${before}, right of it ${after}` : `How much of ${after} is seen`, "data-key": "slider", oninput: (event) => set(event.target.value) });
  return [
    views(ui, chosen),
    h("div.stack", {}, h("img", { src: old, alt: `${file.path} in ${before}` }), top, edge),
    chosen !== "difference" && h("div.tools", {}, h("span", {}, before), slider, h("span", {}, after)),
  ];
}

function views(ui, chosen) {
  const choose = (event) => ui.set({ view: event.target.value });
  return h("div.tools", {}, h("label", {}, "Pictures ", h("select", { "aria-label": "How pictures are shown", "data-key": "view", onchange: choose }, VIEWS.map(([value, label]) => h("option", { value, selected: value === chosen }, label)))));
}
