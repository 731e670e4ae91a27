// @ts-check
// What the axes of a chart show, with their units.
import { groupOf } from "../names.js";

/** @import { Axis } from "../api.d.ts" */
/** @import { Run } from "../state/run.js" */

const BY_LOGARITHM = "non-saturating"; // the objective whose losses are logarithms of probabilities
/** @type {Record<string, string>} */
const Y = { distance: "Distance (lower is better)", gradient: "Length of the gradient", augment: "Share (no unit)", speed: "Images per second" };
/** @type {Record<Axis, string>} */
const X = { step: "Step", epoch: "Epoch", images: "Real images seen", time: "Training time (min:s)" };

/**
 * The title of the y axis of a chart of these metrics.
 *
 * @param {string} group
 * @param {Run[]} runs
 * @param {string[]} names
 */
export function yTitle(group, runs, names) {
  const logarithms = runs.every((run) => run.quantities.objective === BY_LOGARITHM);
  if (group === "loss") return logarithms && names.every((name) => name.endsWith("/adversarial")) ? "Loss (nats)" : "Loss (no unit)";
  if (["score", "known", "labels"].includes(group)) return logarithms ? "Probability of “real”" : "Output of D (no unit)";
  return Y[group] ?? names.map((name) => name.replace(`${groupOf(name)}/`, "").replaceAll("_", " ")).join(", ");
}

/**
 * The title of the x axis up to `until`.
 *
 * @param {Axis} axis
 * @param {number} until
 */
export const xTitle = (axis, until) => (axis === "time" && until >= 3600 ? "Training time (h:min:s)" : X[axis]);
