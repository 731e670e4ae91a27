// What runs are called beside each other.
import { clock, setting } from "./format.js";

/** Give runs of one name a remark that tells them apart: by `settings` (those that differ), else by when they were created. Whether any is new. */
export function tellApart(runs, settings) {
  const before = runs.map((run) => run.title);
  for (const alike of Map.groupBy(runs, (run) => run.name).values()) {
    const remarks = alike.length > 1 ? difference(alike, settings) : [""];
    alike.forEach((run, i) => (run.remark = remarks[i]));
  }
  return runs.some((run, i) => run.title !== before[i]);
}

/** One text for each run: of the first setting that tells all apart, else of as many as it takes. */
function difference(runs, settings) {
  const own = Object.entries(settings).map(([name, values]) => runs.map((run) => `${name} ${setting(values[run.index])}`));
  const alone = own.find(isWhole);
  if (alone) return alone;
  const started = [false, true].map((exact) => runs.map((run) => `started ${clock(run.summary.created, exact)}`));
  let told = runs.map(() => "");
  for (const texts of [...own, ...started, runs.map((run) => run.id)]) {
    const more = texts.map((text, i) => (told[i] ? `${told[i]}, ${text}` : text));
    if (kinds(more) > kinds(told)) told = more;
    if (isWhole(told)) break;
  }
  return told;
}

const kinds = (texts) => new Set(texts).size;
const isWhole = (texts) => kinds(texts) === texts.length;
