// @ts-check
/** @import { Line } from "./traces.js" */
/** @import { Run } from "../state/run.js" */
/** @import { View } from "../state/view.js" */
import { make, setText, svg } from "../dom.js";
import { value } from "../format.js";
import { words } from "../wording.js";

/** @type {Record<string, string>} */
const PATTERNS = { solid: "", dash: "7 4", dot: "2 4", dashdot: "7 3 2 3" };

/** The curves of a chart by name, each with its value at the pointer; a click hides or shows it. */
export class Legend {
  element = make("div", { class: "legend" });
  /** @type {Map<string, { chip: HTMLElement, output: HTMLElement }>} */
  #chips = new Map();
  #drawn = "";

  /** @param {View} view */
  constructor(view) {
    this.view = view;
  }

  /**
   * Whether a line is hidden.
   *
   * @param {Line} line
   */
  hides(line) {
    return this.view.hidden.has(keyOf(line));
  }

  /**
   * Make the chips anew when other lines are to be named.
   *
   * @param {Line[]} lines
   */
  update(lines) {
    const drawn = lines.map((line) => [line.run.id, line.run.title, line.label, line.token, line.dash]).join();
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    this.#chips.clear();
    const rows = Map.groupBy(lines, (line) => line.run);
    this.element.classList.toggle("many", rows.size > 1);
    this.element.replaceChildren(
      ...[...rows].map(([run, own]) =>
        make("div", { class: "row" }, ...(run.total > 1 ? [make("b", { title: run.title }, run.title)] : []), ...own.map((line) => this.#chip(line))),
      ),
    );
  }

  /**
   * Show each line's value nearest to `stepOf(run)`; null: its newest.
   *
   * @param {Line[]} lines
   * @param {(run: Run) => number | null} stepOf
   * @param {number} smoothing
   */
  showValues(lines, stepOf, smoothing) {
    for (const line of lines) {
      const step = stepOf(line.run);
      const i = step === null ? line.curve.steps.length - 1 : line.curve.indexNear(step);
      const shown = this.#chips.get(keyOf(line));
      if (!shown || i < 0) continue;
      setText(shown.output, value(line.curve.smoothed(smoothing, line.run.logEvery)[i]));
      shown.chip.title = words.curveValue(line.label, line.curve.values[i], line.curve.steps[i], smoothing > 0);
    }
  }

  /** @param {Line} line */
  #chip(line) {
    const key = keyOf(line);
    const output = make("output");
    const chip = make("button", { class: "chip", type: "button" }, swatch(line), make("span", {}, line.label), output);
    const show = () => chip.setAttribute("aria-pressed", String(!this.hides(line)));
    chip.addEventListener("click", () => {
      const hidden = new Set(this.view.hidden);
      if (!hidden.delete(key)) hidden.add(key);
      this.view.set({ hidden });
      show();
    });
    show();
    this.#chips.set(key, { chip, output });
    return chip;
  }
}

/**
 * A curve on the page, in the address too: "0:loss/G".
 *
 * @param {Line} line
 */
const keyOf = (line) => `${line.run.index}:${line.name}`;

/** @param {Line} line */
function swatch(line) {
  const stroke = { x1: 1, y1: 3, x2: 21, y2: 3, "stroke-width": 3, "stroke-dasharray": PATTERNS[line.dash] };
  return svg("svg", { viewBox: "0 0 22 6", class: "swatch", style: `stroke: var(${line.token})` }, svg("line", stroke));
}
