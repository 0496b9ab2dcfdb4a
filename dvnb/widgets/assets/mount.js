
/** What a widget's `draw` gets: the kernel's state, a state of the view's own, and the way to act. */
function view(model, el) {
  let waiting, timer;
  let asked = 0; // what the kernel has not done yet; it may be a while until it says that it is at it
  const ui = {
    local: {},
    id: model.get("still_class"),
    act(name, arguments_ = {}) {
      const ask = waiting;
      waiting = undefined;
      clearTimeout(timer);
      ask?.();
      try {
        model.send({ do: name, with: arguments_ });
      } catch {
        return part();
      }
      if (name === "stop") return;
      asked += 1;
      paint();
    },
    // Who walks through rows asks for the last one only.
    later(ask) {
      clearTimeout(timer);
      waiting = ask;
      timer = setTimeout(() => {
        waiting = undefined;
        ask();
      }, 150);
    },
    set(changes) {
      Object.assign(ui.local, changes);
      paint();
    },
  };
  Object.defineProperty(ui, "busy", { get: () => (ui.gone ? "gone" : model.get("busy") || (asked ? "asked" : "")) });
  for (const name of ["data", "progress", "message"]) Object.defineProperty(ui, name, { get: () => model.get(name) });

  // An element that is replaced while the mouse is pressed on it never gets its click.
  let pressed, late, begun, focused;
  const release = () => {
    clearTimeout(pressed);
    pressed = undefined;
    if (late) paint();
  };
  const soon = () => (clearTimeout(pressed), (pressed = setTimeout(release, 0)));
  el.addEventListener("pointerdown", () => (clearTimeout(pressed), (pressed = setTimeout(release, 1000))), true);
  ["pointerup", "pointercancel"].forEach((name) => el.addEventListener(name, soon, true));

  /** Whether what is done takes so long that its end may be wanted. */
  function watch() {
    if (ui.busy !== "") {
      begun ??= setTimeout(() => ((ui.lasts = true), paint()), 500);
    } else {
      clearTimeout(begun);
      begun = undefined;
      ui.lasts = ui.local.stopping = false;
    }
  }

  /** Nobody answers any more: what was not done then never will be. */
  function part() {
    ui.gone = true;
    paint();
  }

  function paint() {
    late = pressed !== undefined;
    if (late) return;
    watch();
    const active = el.contains(document.activeElement) ? document.activeElement : undefined;
    // A button that is off for a while gets the focus back, unless something else has got it.
    if (active) focused = active.dataset.key;
    else if (!document.activeElement?.contains(el)) focused = undefined;
    const caret = active?.selectionStart == null ? undefined : [active.selectionStart, active.selectionEnd];
    const scrolled = [...el.querySelectorAll(".dvnb-scroll")].map((node) => [node.scrollTop, node.scrollLeft]);
    // What a kernel that is gone left in the notebook is hidden as long as the live widget is there.
    const hide = h("style", {}, `.${model.get("still_class")} { display: none; }`);
    el.replaceChildren(hide, h("div.widget", {}, draw(ui), statusLine(ui)));
    [...el.querySelectorAll(".dvnb-scroll")].forEach((node, at) => ([node.scrollTop, node.scrollLeft] = scrolled[at] ?? [0, 0]));
    // Of several with this key one is chosen, and Tab leads to it alone.
    const keyed = [...el.querySelectorAll("[data-key]")].filter((node) => focused !== undefined && node.dataset.key === focused);
    const again = keyed.find((node) => node.tabIndex >= 0) ?? keyed[0];
    again?.focus({ preventScroll: true });
    if (caret) again?.setSelectionRange?.(...caret);
  }
  return {
    paint,
    /** The kernel began something, or ended it. */
    turned: () => (model.get("busy") === "" && (asked = Math.max(0, asked - 1)), paint()),
    part,
  };
}

/**
 * Keys belong to the widget while something in it has the focus: a notebook in command mode would take arrows and Enter
 * for its cells, and does so before a listener inside of it is asked. Shortcuts with Ctrl or Cmd stay the front end's.
 */
function takeKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  event.stopImmediatePropagation();
  // Out of the widget again, to where the front end's own keys work.
  if (event.key === "Escape") (event.target.closest(".jp-Cell[tabindex], .jp-Notebook[tabindex]") ?? document.activeElement).focus({ preventScroll: true });
  let node = event.target;
  while (node && !node.dvnbKeydown) node = node.parentElement;
  node?.dvnbKeydown(event);
}

export default {
  render({ model, el }) {
    const { paint, turned, part } = view(model, el);
    const heard = { "change:data": paint, "change:progress": paint, "change:message": paint, "change:busy": turned };
    // JupyterLab and Notebook tell when a kernel ends; elsewhere the next click finds out.
    const ended = model.widget_manager?.kernel?.statusChanged;
    const heed = (_, status) => /restarting|terminating|dead/.test(status) && part();
    ended?.connect?.(heed);
    Object.entries(heard).forEach(([name, listener]) => model.on(name, listener));
    paint();
    const keys = (event) => el.contains(event.target) && takeKey(event);
    window.addEventListener("keydown", keys, true);
    return () => {
      window.removeEventListener("keydown", keys, true);
      ended?.disconnect?.(heed);
      Object.entries(heard).forEach(([name, listener]) => model.off(name, listener));
    };
  },
};
