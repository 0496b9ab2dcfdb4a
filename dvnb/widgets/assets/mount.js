
/** What a widget's `draw` gets: the kernel's state, a state of the view's own, and the way to act. */
function view(model, el) {
  let waiting, timer;
  const ui = {
    local: {},
    id: model.get("still_class"),
    act(name, arguments_ = {}) {
      const ask = waiting;
      waiting = undefined;
      clearTimeout(timer);
      ask?.();
      model.send({ do: name, with: arguments_ });
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
  for (const name of ["data", "busy", "progress", "message"]) Object.defineProperty(ui, name, { get: () => model.get(name) });

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
  return paint;
}

/**
 * Keys belong to the widget while something in it has the focus: a notebook in command mode would take arrows and Enter
 * for its cells, and does so before a listener inside of it is asked. Shortcuts with Ctrl or Cmd stay the front end's.
 */
function takeKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  event.stopImmediatePropagation();
  let node = event.target;
  while (node && !node.dvnbKeydown) node = node.parentElement;
  node?.dvnbKeydown(event);
}

export default {
  render({ model, el }) {
    const paint = view(model, el);
    const events = "change:data change:busy change:progress change:message".split(" ");
    events.forEach((name) => model.on(name, paint));
    paint();
    const keys = (event) => el.contains(event.target) && takeKey(event);
    window.addEventListener("keydown", keys, true);
    return () => {
      window.removeEventListener("keydown", keys, true);
      events.forEach((name) => model.off(name, paint));
    };
  },
};
