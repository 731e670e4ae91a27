// @ts-check
/** @import { Curve } from "../state/curve.js" */
/** @import { Run } from "../state/run.js" */
/** @import { View } from "../state/view.js" */
/** @typedef {{ run: Run, name: string, curve: Curve, label: string, token: string, dash: string }} Line one curve of one run on one chart */
import { bisect, extremes } from "../maths.js";
import { groupOf, label, networkOf } from "../names.js";
import { colour } from "../theme.js";

const DASHES = ["solid", "dash", "dot", "dashdot"];
/** @type {Record<string, string[]>} */
const NETWORKS = { G: ["--g1", "--g2"], D: ["--d1", "--d2"] };
const OTHERS = ["--other1", "--other2", "--other3", "--other4"];

/**
 * The curves of a chart: their names and how each is drawn.
 *
 * @param {Run[]} runs
 * @param {string[]} names
 * @returns {Line[]}
 */
export function lines(runs, names) {
  return runs.flatMap((run) =>
    names.flatMap((name) => {
      const curve = run.curves.get(name);
      return curve ? [{ run, name, curve, label: label(name, names, runs.length > 1), ...style(name, names, run) }] : [];
    }),
  );
}

/**
 * Alone on the page, a run has a colour per network; beside others a colour of its own and dashes per network.
 *
 * @param {string} name
 * @param {string[]} names
 * @param {Run} run
 */
export function style(name, names, run) {
  const isLoss = groupOf(name) === "loss";
  const kind = isLoss ? networkOf(name)[0] : "";
  if (run.total > 1) {
    const place = isLoss ? names.filter((other) => networkOf(other)[0] === kind).indexOf(name) * 2 + (kind === "D" ? 1 : 0) : names.indexOf(name);
    return { token: `--run${run.index + 1}`, dash: DASHES[place % DASHES.length] };
  }
  if (name === "score/real" || name === "score/fake") return { token: name.replace("score/", "--"), dash: "solid" };
  if (!isLoss) return { token: OTHERS[names.indexOf(name) % OTHERS.length], dash: "solid" };
  const networks = [...new Set(names.map(networkOf))].filter((network) => network[0] === kind);
  const terms = names.filter((other) => networkOf(other) === networkOf(name));
  const palette = NETWORKS[kind] ?? OTHERS;
  return { token: palette[networks.indexOf(networkOf(name)) % palette.length], dash: DASHES[terms.indexOf(name) % DASHES.length] };
}

/**
 * Plotly traces of a line within `range` of the x axis: the raw values faint and, when smoothing, the smoothed ones on top.
 *
 * @param {Line} line
 * @param {View} view
 * @param {number[]} range
 * @param {number} points
 */
export function drawn(line, view, range, points) {
  const { run, curve } = line;
  const [start, stop] = range.map((x) => run.stepAt(x, view.axis));
  // One point beyond each end, so that the line reaches the frame.
  const from = Math.max(0, bisect(curve.steps, start) - 1);
  const to = Math.min(curve.steps.length, bisect(curve.steps, stop, true) + 1);
  /** @param {(number | null)[]} values @param {object} extra */
  const trace = (values, extra) => {
    const index = extremes(values, from, to, points);
    const x = index.map((i) => run.xOf(curve.steps[i], view.axis));
    return { x, y: index.map((i) => values[i]), type: "scatter", mode: index.length < 2 ? "markers" : "lines", hoverinfo: "skip", ...extra };
  };
  const strong = { line: { color: colour(line.token), width: 2, dash: line.dash }, marker: { color: colour(line.token) } };
  if (!view.smoothing) return [trace(curve.values, strong)];
  const faint = { line: { color: colour(line.token), width: 1 }, opacity: run.total > 1 ? 0.15 : 0.28 };
  return [trace(curve.values, faint), trace(curve.smoothed(view.smoothing, run.logEvery), strong)];
}
