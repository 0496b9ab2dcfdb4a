
// Stages of a notebook: which are stale, why, and a button for each that runs it.

function draw(ui) {
  const { owner, stages, undoable } = ui.data;
  const parts = owner && stages.some((stage) => stage.own)
    ? [[`Stages of ${owner}`, stages.filter((stage) => stage.own)], ["Others of the project", stages.filter((stage) => !stage.own)]]
    : [["Stages of the project", stages]];
  const run = (row) => !ui.busy && ui.act("run", { stage: row.key });
  const why = (row) => [row.gone ? badge("its cell is gone", "bad") : "", row.why.map((line) => h("div", {}, line))];
  const tools = (row) => [
    button(ui, "Run", () => run(row), { key: `run ${row.key}`, name: `Run ${row.key}`, title: `Bring ${row.key} up to date, and what it needs before` }),
    row.gone && button(ui, "Remove", () => ui.act("remove", { stage: row.key }), { key: `remove ${row.key}`, name: `Remove ${row.key}`, title: "Remove this stage; what it made stays" }),
  ];
  const columns = [
    { label: "Stage", cell: (row) => h("code", {}, row.key) },
    { label: "State", cell: (row) => badge(row.state, row.tone) },
    { label: "Why", cell: why },
    { label: "", cell: tools },
  ];
  const choose = (row) => ui.set({ chosen: row.key });
  const stale = stages.some((stage) => stage.tone === "warn");
  return [
    stages.length ? "" : h("p", {}, "There are no stages yet: begin a cell with ", h("code", {}, "%%stage NAME -o OUTPUT"), "."),
    parts
      .filter(([, rows]) => rows.length)
      .map(([label, rows]) => [h("header.header", {}, h("strong", {}, label)), table(ui, { label, columns, rows, chosen: ui.local.chosen, onchoose: choose, ontake: run })]),
    h("div.tools", { role: "toolbar", "aria-label": "What can be done" }, [
      button(ui, "Run what is stale", () => ui.act("run_all"), { primary: true, disabled: !stale, title: "Bring all of these stages up to date" }),
      button(ui, "Undo", () => ui.act("undo"), { disabled: !undoable, title: "Take back the last change of this project" }),
      button(ui, "Refresh", () => ui.act("reload")),
    ]),
  ];
}
