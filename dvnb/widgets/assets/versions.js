
// Versions of one path: pick one, see what differs, check it out, undo.

const CHANGES = [
  ["added", "good"],
  ["modified", "warn"],
  ["deleted", "bad"],
];

function draw(ui) {
  const { path, versions, forced } = ui.data;
  const chosen = versions.find((version) => version.key === ui.local.chosen) ?? versions.find((version) => version.key === ui.data.shown);
  const shown = chosen?.key;
  const choose = (version) => {
    if (version.key === shown) return;
    ui.set({ chosen: version.key });
    ui.later(() => ui.act("show", { rev: version.key }));
  };
  const take = () => chosen && chosen.commit && ui.act("check_out", { rev: chosen.key });
  const columns = [
    { label: "Version", cell: (row) => [h("code", {}, row.rev), row.here ? badge("here", "good") : ""] },
    { label: "Names", cell: (row) => row.refs.map((name) => badge(name, "info")) },
    { label: "Date", cell: (row) => row.date },
    { label: "Size", number: true, cell: (row) => row.size },
    { label: "Files", number: true, cell: (row) => row.files },
    { label: "Changes", cell: (row) => CHANGES.filter(([kind]) => row[kind]).map(([kind, tone]) => badge(`${row[kind]} ${kind}`, tone)) },
    { label: "Subject", cell: (row) => row.subject },
  ];
  const tools = [
    button(ui, "Check out", take, { primary: true, disabled: !chosen?.commit || chosen.here, title: "Bring this version into the workspace" }),
    forced && button(ui, "Check out anyway", () => ui.act("check_out", { rev: forced, force: true }), { title: "Unsaved content is kept in the trash" }),
    button(ui, "Undo", () => (ui.set({ chosen: undefined }), ui.act("undo")), { disabled: !ui.data.undoable, title: "Take back the last change of this project" }),
    button(ui, "Refresh", () => ui.act("reload")),
  ];
  return [
    h("header.header", {}, h("strong", {}, "Versions of "), h("code", {}, path)),
    versions.length ? table(ui, { label: `Versions of ${path}`, columns, rows: versions, chosen: shown, onchoose: choose, ontake: take }) : h("p", {}, "No version is recorded yet."),
    h("div.tools", { role: "toolbar", "aria-label": "What can be done" }, tools),
    ui.data.preview && shown === ui.data.shown && h("section.preview", { "aria-label": "What differs" }, trusted(ui.data.preview)),
  ];
}
