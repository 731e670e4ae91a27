// @ts-check
// Values that a metric can be held against: where D cannot tell real from fake, and what real images read. The numbers come from
// the server (ganlab/app/api/quantities.py); here is which metric they belong to and how they are written.
import { groupOf, networkOf } from "../names.js";

/** @import { Quantities } from "../api.d.ts" */
/** @import { Run } from "../state/run.js" */
/** @typedef {{ y: number, text: string }} Reference a level of a chart */

export const LINE = "dashed line";

/** @type {[number, string][]} */
const SYMBOLS = [[Math.LN2, "ln 2"], [2 * Math.LN2, "2 ln 2"], [0.25, "1/4"]];

/**
 * ln 2 = 0.693, 1/4 = 0.25, 0.5: as it is written in books, with its number.
 *
 * @param {number} x
 */
export function symbol(x, short = false) {
  const known = SYMBOLS.find(([number]) => Math.abs(number - x) < 1e-9)?.[1];
  const text = String(Number(x.toFixed(Math.abs(x) < 10 ? 3 : 1))).replace("-", "−");
  return known ? (short ? known : `${known} = ${text}`) : text;
}

/**
 * What the metric is held against; null where there is no such value.
 *
 * @param {string} name
 * @param {Quantities} facts
 * @returns {number | null}
 */
export function referenceOf(name, { references, readings }) {
  const group = groupOf(name);
  if (group === "distance") return readings[name]?.floor ?? null;
  if (group === "score") return references.score ?? null;
  if (group === "loss" && name.endsWith("/adversarial")) return references[networkOf(name)[0]] ?? null;
  return null;
}

/**
 * The lines of a chart with these curves, each level once, with what it means.
 *
 * @param {{ run: Run, name: string }[]} lines
 * @returns {Reference[]}
 */
export function referenceLines(lines) {
  /** @type {Map<string, { y: number, whose: Set<string> }>} */
  const found = new Map();
  for (const { run, name } of lines) {
    const facts = run.quantities;
    const y = referenceOf(name, facts);
    if (y === null) continue;
    const key = y.toPrecision(6);
    const level = found.get(key) ?? { y, whose: new Set() };
    found.set(key, level);
    level.whose.add(groupOf(name) === "distance" ? `real ${facts.noun}` : groupOf(name) === "loss" ? networkOf(name)[0] : "");
  }
  return [...found.values()].map(({ y, whose }) => ({ y, text: `${meaning([...whose].sort().reverse())}: ${symbol(y, true)}` }));
}

/** @param {string[]} whose */
function meaning(whose) {
  if (whose[0].startsWith("real ")) return whose.join(", ");
  const networks = whose.filter(Boolean);
  if (!networks.length) return "D cannot tell";
  return `${networks.join(" and ")} where ${networks.join() === "D" ? "it" : "D"} cannot tell`;
}
