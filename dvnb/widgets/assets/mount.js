
/** What a widget's `draw` gets: the kernel's state, a state of the view's own, and the way to act. */
function view(model, el) {
  let waiting, timer;
  const ui = {
    local: {},
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

  function paint() {
    const focused = el.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
    const scrolled = [...el.querySelectorAll(".dvnb-scroll")].map((node) => node.scrollTop);
    // What a kernel that is gone left in the notebook is hidden as long as the live widget is there.
    const hide = h("style", {}, `.${model.get("still_class")} { display: none; }`);
    el.replaceChildren(hide, h("div.widget", {}, draw(ui), statusLine(ui)));
    [...el.querySelectorAll(".dvnb-scroll")].forEach((node, at) => (node.scrollTop = scrolled[at] ?? 0));
    if (focused !== undefined) [...el.querySelectorAll("[data-key]")].find((node) => node.dataset.key === focused)?.focus();
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
