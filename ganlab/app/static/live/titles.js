// What runs are called beside each other.
import { clock, setting } from "./format.js";

const pair = (name, value) => `${name}\u00a0${value}`; // no line ends between them

/** Give runs of one name a remark that tells them apart: by `settings` (those that differ), else by when they were created. Whether any is new. */
export function tellApart(runs, settings) {
  const before = runs.map((run) => run.title);
  const own = Object.entries(settings).map(([name, values]) => (run) => pair(name, setting(values[run.index])));
  const started = [false, true].map((exact) => (run) => pair("started", clock(run.summary.created, exact)));
  for (const alike of Map.groupBy(runs, (run) => run.name).values()) remark(alike, own, started);
  return runs.some((run, i) => run.title !== before[i]);
}

/** In a word for each run, if one setting tells all apart; else in as few words as its nearest kin leave to it. */
function remark(runs, own, started, told = []) {
  if (runs.length === 1) {
    runs[0].remark = told.join(", ");
    return;
  }
  const kinds = (word) => new Set(runs.map(word)).size;
  const number = (run) => pair("no.", run.index + 1); // on this page
  const word = own.find((one) => kinds(one) === runs.length) ?? [...own, ...started, number].find((one) => kinds(one) > 1);
  for (const [text, alike] of Map.groupBy(runs, word)) remark(alike, own, started, [...told, text]);
}
