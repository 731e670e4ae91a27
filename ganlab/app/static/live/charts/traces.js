// @ts-check
/** @import { Curve } from "../state/curve.js" */
/** @import { Run } from "../state/run.js" */
/** @import { View } from "../state/view.js" */
/** @typedef {{ run: Run, name: string, curve: Curve, label: string, token: string, dash: string }} Line one curve of one run on one chart */
import { bisect, extremes } from "../maths.js";
import { groupOf, label, networkOf } from "../names.js";
import { colour } from "../theme.js";

/** @type {Record<string, string[]>} Plotly's dashes by network, in the order of its terms; other curves as G's first and D's first */
const DASHES = { G: ["solid", "dot", "16px,4px", "12px,4px,3px,4px", "3px,7px", "20px,4px,3px,4px,3px,4px"], D: ["dash", "dashdot"] };
/** @type {Record<string, string[]>} */
const NETWORKS = { G: ["--g1", "--g2"], D: ["--d1", "--d2"] };
const OTHERS = ["--other1", "--other4", "--other3", "--other2"];
/** @type {Record<string, string>} what is of real images or of fakes, wherever it is */
const SIDES = { "score/real": "real", "score/fake": "fake", "labels/of_real": "real", "labels/of_fake": "fake" };

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
 * Alone on the page, a run has a colour per network; beside others a colour of its own, and dashes per network: solid for what is
 * of G or of real images, dashed for what is of D or of fakes.
 *
 * @param {string} name
 * @param {string[]} names of the chart
 * @param {Run} run
 */
export function style(name, names, run) {
  const kind = ["loss", "gradient"].includes(groupOf(name)) ? networkOf(name)[0] : "";
  const alike = names.filter((other) => networkOf(other)?.[0] === kind);
  if (run.total > 1) return { token: `--run${run.index + 1}`, dash: dashed(name, names, kind ? alike : [], kind) };
  if (SIDES[name]) return { token: `--${SIDES[name]}`, dash: "solid" };
  if (!NETWORKS[kind]) return { token: OTHERS[names.indexOf(name) % OTHERS.length], dash: "solid" };
  const networks = [...new Set(alike.map(networkOf))];
  const terms = alike.filter((other) => networkOf(other) === networkOf(name));
  return { token: NETWORKS[kind][networks.indexOf(networkOf(name)) % 2], dash: DASHES.G[terms.indexOf(name) % DASHES.G.length] };
}

/**
 * The dashes of a curve beside those of other runs.
 *
 * @param {string} name
 * @param {string[]} names
 * @param {string[]} alike those of the same kind of network
 * @param {string} kind
 */
function dashed(name, names, alike, kind) {
  if (SIDES[name]) return (SIDES[name] === "real" ? DASHES.G : DASHES.D)[0];
  const own = DASHES[kind] ?? DASHES.G;
  return own[(kind ? alike : names).indexOf(name) % own.length];
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
