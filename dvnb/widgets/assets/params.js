// A form of a notebook's parameters, which runs it.

function draw(ui) {
  const { notebook, stage, tagged, fields, results, undoable, git } = ui.data;
  const edited = (ui.local.edited ??= {});
  const texts = () => Object.fromEntries(fields.filter((field) => !field.fixed).map((field) => [field.name, edited[field.name] ?? field.text]));
  const wrong = () => fields.some((field) => problem(field, edited[field.name] ?? field.text));
  const run = (action, more = {}) => {
    if (wrong()) return ui.set({});
    const values = texts();
    ui.local.edited = {};
    ui.local.sent = values;
    ui.act(action, { values, ...more });
  };
  // What was not taken is still to be mended, not to be typed again.
  if (!ui.busy && ui.local.sent) {
    if (ui.message.tone === "bad") Object.assign(edited, ui.local.sent);
    if (ui.message.tone) ui.local.sent = undefined;
  }
  const shown = ui.local.sent ?? edited;
  const name = h("input", { type: "text", placeholder: "experiment’s name", "aria-label": "Name of the experiment", "data-key": "experiment", value: ui.local.experiment ?? "", disabled: ui.busy !== "", oninput: (event) => (ui.local.experiment = event.target.value) });
  const fresh = (action) => () => ((ui.local.edited = {}), ui.act(action));
  return [
    h("header.header", {}, h("strong", {}, "Parameters of "), h("code", {}, notebook), stage ? [" ", badge(`stage ${stage}`, "info")] : [" ", badge("no stage yet")]),
    !tagged && h("p.hint", {}, "No cell of it is tagged “parameters”: tag the one that assigns their defaults."),
    fields.length > 0 && h("div.form", { role: "form", "aria-label": `Parameters of ${notebook}` }, fields.map((field) => asked(ui, field, shown, edited))),
    h(
      "div.tools",
      { role: "toolbar", "aria-label": "What can be done" },
      button(ui, "Run as stage", () => run("run_stage"), { primary: true, title: stage ? "Write params.yaml and bring the stage up to date" : "Write params.yaml, make the notebook a stage, and run it" }),
      button(ui, "Run once", () => run("run_once"), { title: "Run a copy with these values; params.yaml and the stage stay as they are" }),
      button(ui, "Run as experiment", () => run("run_experiment", { experiment: ui.local.experiment ?? "" }), { disabled: !git, title: git ? "Run the stage, then record the workspace as an experiment of HEAD" : "Experiments need a git repository with a commit" }),
      git && name,
      button(ui, "Undo", fresh("undo"), { disabled: !undoable, title: "Take back the last change of this project" }),
      button(ui, "Refresh", fresh("reload"), { title: "Read the notebook and its params again" }),
    ),
    ui.busy && ui.progress.lines?.length > 0 && h("pre.output", {}, ui.progress.lines.join("\n")),
    results.length > 0 && outcome(ui, results),
  ];
}

/** A parameter: its name, its control, what it is for, and what is wrong with it. */
function asked(ui, field, shown, edited) {
  const id = `${ui.id}-${field.name}`;
  const text = shown[field.name] ?? field.text;
  const told = h("span.problem", { id: `${id}-told`, role: "alert" });
  const tell = (value) => {
    const message = problem(field, value) || (edited[field.name] === undefined && !ui.local.sent ? field.error : "");
    told.textContent = message;
    if (message) control.setAttribute("aria-invalid", "true");
    else control.removeAttribute("aria-invalid");
  };
  const change = (value) => {
    edited[field.name] = value;
    tell(value);
  };
  const properties = { id, "data-key": `field ${field.name}`, disabled: field.fixed || ui.busy !== "", "aria-describedby": `${id}-told` };
  const control = controlOf(field, text, properties, change);
  tell(text);
  const where = field.fixed ? "fixed by the stage’s command" : field.source || "the notebook’s default";
  return h("div.field", {}, h("label", { for: id }, h("code", {}, field.name), field.type && h("span.type", {}, field.type)), h("div.control", {}, control, told), h("div.about", {}, field.comment, h("span.source", { title: "Where the value comes from" }, where)));
}

function controlOf(field, text, properties, change) {
  if (field.control === "switch") return h("input", { ...properties, type: "checkbox", checked: text === true, onchange: (event) => change(event.target.checked) });
  if (field.control === "choice") return h("select", { ...properties, onchange: (event) => change(event.target.value) }, field.choices.map(([value, label]) => h("option", { value, selected: value === text }, label)));
  const oninput = (event) => change(event.target.validity.badInput ? "not a number" : event.target.value);
  const placeholder = field.default || (field.optional ? "None" : undefined);
  // The step is for the arrows alone: any number may be typed.
  if (field.control === "int" || field.control === "float") return h("input", { ...properties, type: "number", step: field.step, value: text, placeholder, oninput });
  return h("input", { ...properties, type: "text", spellcheck: "false", value: text, placeholder, oninput });
}

/** What is wrong with a text, before it is sent. */
function problem(field, text) {
  if (field.fixed || typeof text !== "string" || field.control === "text" || field.control === "choice" || field.control === "any") return "";
  if (!text.trim()) return field.optional ? "" : "needs a value";
  if (field.control === "int") return /^[+-]?\d+$/.test(text.trim()) ? "" : "must be a whole number";
  if (field.control === "float") return Number.isNaN(Number(text)) ? "must be a number" : "";
  try {
    const value = JSON.parse(text);
    if (field.control === "list" && !Array.isArray(value)) return "must be a list such as [1, 2]";
    if (field.control === "dict" && (value === null || typeof value !== "object" || Array.isArray(value))) return 'must be a mapping such as {"a": 1}';
    return "";
  } catch {
    return "must be JSON, with texts in double quotes";
  }
}

function outcome(ui, results) {
  const columns = ["Metric", "Before", "After", "Change"].map((label, at) => ({
    label,
    number: at > 0,
    cell: (row) => (at < 3 ? row[at] : row[at] === "-" ? "" : badge(`${row[at].startsWith("-") ? "▼" : "▲"} ${row[at]}`, row[at].startsWith("-") ? "warn" : "info")),
  }));
  return h("section.outcome", { "aria-label": "Metrics" }, table(ui, { label: "Metrics before and after", columns, rows: results }));
}
