// @ts-check
// What runs are called beside each other.
import { clock, setting } from "./format.js";

/** @import { Run } from "./state/run.js" */
/** @typedef {(run: Run) => string} Word how one property of a run is written */

/** @param {string} name @param {string | number} value */
const pair = (name, value) => `${name}\u00a0${value}`; // no line ends between them

/**
 * Give runs of one name a remark that distinguishes them: by `settings` (those that differ), else by when they were created.
 * Whether any is new.
 *
 * @param {Run[]} runs
 * @param {Record<string, import("./api.d.ts").Setting[]>} settings
 */
export function distinguish(runs, settings) {
  const before = runs.map((run) => run.title);
  const own = Object.entries(settings).map(([name, values]) => /** @type {Word} */ ((run) => pair(name, setting(values[run.index]))));
  const started = [false, true].map((exact) => /** @type {Word} */ ((run) => pair("started", clock(run.summary?.created ?? 0, exact))));
  for (const alike of Map.groupBy(runs, (run) => run.name).values()) remark(alike, own, started);
  return runs.some((run, i) => run.title !== before[i]);
}

/**
 * One setting for each run if it distinguishes all; else as few as the runs most like it leave.
 *
 * @param {Run[]} runs
 * @param {Word[]} own
 * @param {Word[]} started
 * @param {string[]} used
 */
function remark(runs, own, started, used = []) {
  if (runs.length === 1) {
    runs[0].remark = used.join(", ");
    return;
  }
  /** @param {Word} word */
  const kinds = (word) => new Set(runs.map(word)).size;
  /** @type {Word} */
  const number = (run) => pair("no.", run.index + 1); // on this page
  const word = own.find((one) => kinds(one) === runs.length) ?? [...own, ...started, number].find((one) => kinds(one) > 1) ?? number;
  for (const [text, alike] of Map.groupBy(runs, word)) remark(alike, own, started, [...used, text]);
}
