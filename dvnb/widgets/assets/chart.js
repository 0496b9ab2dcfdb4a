// Lines and points over two axes, drawn as SVG.

const CHART = { width: 640, height: 260, left: 64, right: 12, top: 12, bottom: 40, mostPoints: 500 };

/** Five significant digits, as dvc prints numbers. */
function shortNumber(value) {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return "0";
  const [digits, power] = value.toExponential(4).split("e");
  const exponent = Number(power);
  if (exponent >= -4 && exponent < 5) return String(Number(value.toPrecision(5)));
  return `${Number(digits)}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

/** Round numbers that span `low` to `high`. */
function ticks(low, high, most = 6) {
  if (low === high) [low, high] = [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2];
  const rough = (high - low) / most;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * unit).find((each) => each >= rough);
  const first = Math.floor(low / step);
  const last = Math.ceil(high / step);
  return Array.from({ length: last - first + 1 }, (_, at) => Number(((first + at) * step).toPrecision(12)));
}

/** points: [{x, y, title, chosen, onclick}]; `names`: what stands below x = 0, 1, 2 …, where x is no number. */
function chart({ label, xLabel, yLabel, points, line, names }) {
  const { width, height, left, right, top, bottom, mostPoints } = CHART;
  const xs = points.map((point) => point.x);
  const ys = points.map((point) => point.y);
  const bounds = (all) => [all.reduce((a, b) => Math.min(a, b), Infinity), all.reduce((a, b) => Math.max(a, b), -Infinity)];
  const yTicks = ticks(...bounds(ys), 5);
  const xTicks = names ? nameTicks(names) : ticks(...bounds(xs), 6);
  const [x0, x1] = names ? [-0.5, Math.max(names.length - 0.5, 0.5)] : [xTicks[0], xTicks.at(-1)];
  const [y0, y1] = [yTicks[0], yTicks.at(-1)];
  const px = (x) => left + ((x - x0) / (x1 - x0)) * (width - left - right);
  const py = (y) => height - bottom - ((y - y0) / (y1 - y0)) * (height - top - bottom);
  const at = (point) => `${px(point.x).toFixed(1)} ${py(point.y).toFixed(1)}`;
  const grid = yTicks.map((tick) => [
    s("line", { class: "dvnb-grid", x1: left, x2: width - right, y1: py(tick), y2: py(tick) }),
    s("text", { x: left - 6, y: py(tick) + 4, "text-anchor": "end" }, shortNumber(tick)),
  ]);
  const below = xTicks.map((tick) => [
    s("line", { class: "dvnb-axis", x1: px(tick), x2: px(tick), y1: height - bottom, y2: height - bottom + 4 }),
    s("text", { x: px(tick), y: height - bottom + 16, "text-anchor": "middle" }, names ? names[tick] : shortNumber(tick)),
  ]);
  const drawn = points.length > mostPoints ? s("path", { class: "dvnb-dots", d: points.map((p) => `M${at(p)}h0`).join("") }) : points.map((point) => dot(point, px, py));
  return s(
    "svg",
    { class: "dvnb-chart", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label },
    grid,
    below,
    s("path", { class: "dvnb-axis", d: `M${left} ${top}V${height - bottom}H${width - right}`, fill: "none" }),
    s("text", { x: (left + width - right) / 2, y: height - 6, "text-anchor": "middle" }, xLabel),
    s("text", { transform: `translate(12 ${(top + height - bottom) / 2}) rotate(-90)`, "text-anchor": "middle" }, yLabel),
    line && points.length > 1 && s("path", { class: "dvnb-curve", d: `M${points.map(at).join("L")}` }),
    drawn,
  );
}

function dot(point, px, py) {
  const kind = point.chosen ? "dvnb-dot dvnb-picked" : "dvnb-dot";
  return s("circle", { class: kind, cx: px(point.x), cy: py(point.y), r: point.chosen ? 6 : 4, onclick: point.onclick }, s("title", {}, point.title));
}

/** As many of the names as have room. */
function nameTicks(names) {
  const every = Math.max(1, Math.ceil(names.length / 8));
  return names.map((_, at) => at).filter((at) => at % every === 0);
}
