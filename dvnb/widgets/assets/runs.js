// Rows of metrics and params: which ones a filter keeps, in which order they are, how they differ.

const CONDITION = /("[^"]+"|[^\s<>=!&,]+)\s*(<=|>=|!=|==|=|<|>)\s*("[^"]*"|[^\s&,]+)/g;

/** The columns that a name means: the whole label, else its last part. */
function columnsNamed(columns, name) {
  const wanted = name.toLowerCase();
  const label = (column) => column.label.toLowerCase();
  const exact = columns.filter((column) => label(column) === wanted);
  return exact.length ? exact : columns.filter((column) => label(column).split(/[.:]/).at(-1) === wanted);
}

/** A filter's text as {keeps(row), error}: words to be found in a row, and conditions such as `acc > 0.9`. */
function parseFilter(text, columns) {
  const tests = [];
  const wrong = [];
  const unquoted = (word) => word.replace(/^"|"$/g, "");
  const rest = text.replace(CONDITION, (_, name, operator, value) => {
    const named = columnsNamed(columns, unquoted(name));
    if (named.length === 1) tests.push(condition(columns.indexOf(named[0]), operator, unquoted(value)));
    else wrong.push(named.length ? `“${name}” may be ${named.map((column) => column.label).join(" or ")}` : `there is no column “${name}”`);
    return " ";
  });
  if (/[<>=]/.test(rest)) wrong.push("write a condition as acc > 0.9");
  for (const word of rest.toLowerCase().split(/[\s&,]+/)) {
    if (!word || word === "and" || /[<>=!]/.test(word)) continue;
    tests.push((row) => [row.name, row.rev, row.kind, row.created, ...row.texts].some((each) => each.toLowerCase().includes(word)));
  }
  return { keeps: (row) => tests.every((test) => test(row)), error: wrong.join("; ") };
}

function condition(at, operator, wanted) {
  const number = Number(wanted);
  const numeric = wanted !== "" && !Number.isNaN(number);
  return (row) => {
    const value = row.values[at];
    if (numeric && typeof value === "number") {
      return { "<": value < number, "<=": value <= number, ">": value > number, ">=": value >= number, "!=": value !== number, "=": value === number, "==": value === number }[operator];
    }
    const same = row.texts[at].toLowerCase() === wanted.toLowerCase();
    return operator === "!=" ? !same : (operator === "=" || operator === "==") && same;
  };
}

/** Rows by one column; those that have nothing there come last, whichever way. */
function sortRows(rows, { by, down }, columns) {
  if (by === undefined) return rows;
  const at = columns.findIndex((column) => column.key === by);
  const value = at < 0 ? (row) => row[by] || null : (row) => row.values[at] ?? (row.texts[at] === "-" ? null : row.texts[at]);
  const order = new Intl.Collator(undefined, { numeric: true }).compare;
  const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : order(String(a), String(b)));
  return rows
    .map((row) => [value(row), row])
    .sort(([a], [b]) => (a === null ? (b === null ? 0 : 1) : b === null ? -1 : down ? compare(b, a) : compare(a, b)))
    .map(([, row]) => row);
}

/** Chosen rows side by side, the first of them as what the others are measured by. */
function comparison(ui, rows, columns) {
  const [first, ...others] = rows;
  const differs = (at) => others.some((row) => row.texts[at] !== first.texts[at] || row.values[at] !== first.values[at]);
  const shown = columns.map((column) => ui.data.columns.indexOf(column)).filter((at) => !ui.local.onlyDifferent || differs(at));
  const change = (row, at) => {
    const [old, value] = [first.values[at], row.values[at]];
    if (typeof old !== "number" || typeof value !== "number" || old === value) return "";
    return badge(`${value > old ? "▲" : "▼"} ${shortNumber(value - old)}`, value > old ? "info" : "warn");
  };
  const mark = (row, at) => (row.texts[at] === first.texts[at] && row.values[at] === first.values[at] ? row.texts[at] : h("mark", {}, row.texts[at]));
  const head = [
    { label: "Name", cell: (at) => [h("code", {}, ui.data.columns[at].label), ui.data.columns[at].kind === "param" ? badge("param") : ""] },
    { label: first.name, number: true, cell: (at) => first.texts[at] },
    ...others.flatMap((row) => [
      { label: row.name, number: true, cell: (at) => mark(row, at) },
      { label: "Change", number: true, cell: (at) => change(row, at) },
    ]),
  ];
  return h(
    "section.compare",
    { "aria-label": "Comparison" },
    h("div.tools", {}, h("strong", {}, `${rows.length} versions compared`), check(ui, "Only what differs", ui.local.onlyDifferent, (on) => ui.set({ onlyDifferent: on }))),
    shown.length ? table(ui, { label: "Comparison", columns: head, rows: shown }) : h("p", {}, "They do not differ."),
  );
}

/** A checkbox with its name. */
function check(ui, label, checked, onchange) {
  return h("label.check", {}, h("input", { type: "checkbox", checked: Boolean(checked), "data-key": `check ${label}`, onchange: (event) => onchange(event.target.checked) }), label);
}
