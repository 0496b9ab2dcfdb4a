// What all widgets draw with. Text reaches the page as text nodes, so that no data of a project is ever taken for HTML.

/** An element: `h("td.number", {title: "…"}, "12")`; properties `onclick` … are listeners (`onkeydown`: see mount). */
function h(kind, properties = {}, ...children) {
  const [tag, ...classes] = kind.split(".");
  const node = document.createElement(tag || "div");
  if (classes.length) node.className = classes.map((name) => `dvnb-${name}`).join(" ");
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "onkeydown") node.dvnbKeydown = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "selected") node[name] = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false));
  return node;
}

const SVG = "http://www.w3.org/2000/svg";

/** The same for SVG. */
function s(tag, properties = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "onkeydown") node.dvnbKeydown = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, String(value));
  }
  node.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false && child !== ""));
  return node;
}

/** HTML that the kernel made and escaped. */
function trusted(html) {
  const node = h("div.trusted");
  node.innerHTML = html;
  return node;
}

/** A button; while something is being done none can be pressed. `primary`: the one that is meant most often; `name`: where others have this label, too. */
function button(ui, label, onclick, { primary = false, disabled = false, title, key, name } = {}) {
  const kind = primary ? "button.button.primary" : "button.button";
  const off = disabled || ui.busy !== "";
  // The second of two quick clicks may come before the button is drawn as one that is off.
  const press = (event) => ui.busy === "" && onclick(event);
  return h(kind, { type: "button", onclick: press, disabled: off, title, "aria-label": name, "data-key": key ?? label }, label);
}

/** A word in a coloured pill; tones: good, warn, bad, info, dim. */
function badge(label, tone = "dim") {
  return h(`span.badge.${tone}`, {}, label);
}

/** What the last action did, or what is being done, read out by screen readers. */
function statusLine(ui) {
  const { task, done, total, unit } = ui.progress;
  const parts = [];
  if (ui.gone) {
    return h("div.status.warn", { role: "status", "aria-live": "polite" }, h("span", {}, "The kernel that this belongs to is gone: run the cell again."));
  }
  if (ui.busy) {
    const share = total ? Math.round((100 * done) / total) : undefined;
    const amount = task ? `${task}: ${done}${total ? ` of ${total}` : ""} ${unit === "B" ? "bytes" : `${unit}s`}` : "working …";
    // What is done at once needs no button, which would only flicker.
    parts.push(h("span.spinner"), amount, share === undefined ? "" : h("progress", { max: 100, value: share }), ui.lasts && stopButton(ui));
  } else if (ui.message.text) {
    parts.push(h("span", {}, ui.message.text));
    if (ui.message.hint) parts.push(h("code", {}, ui.message.hint));
  }
  return h(`div.status.${ui.message.tone ?? "dim"}`, { role: "status", "aria-live": "polite" }, parts);
}

/** The one button that can be pressed meanwhile. */
function stopButton(ui) {
  const onclick = () => (ui.act("stop"), ui.set({ stopping: true }));
  const title = "End what is being done; what is finished stays";
  return h("button.button", { type: "button", onclick, title, disabled: ui.local.stopping, "data-key": "Stop" }, ui.local.stopping ? "Stopping …" : "Stop");
}

/**
 * A table whose rows can be chosen by mouse, arrow keys, Home and End; Enter and a double click take the row.
 * columns: [{name, label, number, cell(row)}]; rows: [{key, …}].
 */
function table(ui, { label, columns, rows, chosen, onchoose, ontake, head }) {
  const choose = (at) => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, at))];
    if (row) onchoose(row);
  };
  const onkeydown = (event) => {
    const at = rows.findIndex((row) => row.key === chosen);
    const moves = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 };
    if (event.key in moves) choose(moves[event.key]);
    else if (event.key === "Enter" && at >= 0 && ontake) ontake(rows[at]);
    else return;
    event.preventDefault();
  };
  const header = columns.map((column) => (head ? head(column) : h("th", { scope: "col", class: cellClass(column) }, column.label)));
  const body = rows.map((row) =>
    h(
      chosen !== undefined && row.key === chosen ? "tr.chosen" : "tr",
      { onclick: () => onchoose?.(row), ondblclick: () => ontake?.(row), "aria-selected": onchoose ? String(row.key === chosen) : undefined },
      columns.map((column) => h("td", { class: cellClass(column) }, column.cell(row))),
    ),
  );
  const properties = onchoose ? { tabindex: 0, role: "grid", onkeydown, "data-key": `table ${label}` } : {};
  return h("div.scroll", {}, h("table.table", { "aria-label": label, ...properties }, h("thead", {}, h("tr", {}, header)), h("tbody", {}, body)));
}

function cellClass(column) {
  return column.number ? "dvnb-number" : undefined;
}
