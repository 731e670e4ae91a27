// @ts-check
/** @import { Line } from "./traces.js" */
/** @import { Run } from "../state/run.js" */
/** @import { View } from "../state/view.js" */
import { make, setText, svg } from "../dom.js";
import { explained } from "../explain/explanations.js";
import { value } from "../format.js";
import { explains } from "../parts/explainer.js";
import { words } from "../wording.js";

/** @type {Record<string, string>} Plotly's names; other dashes are lengths in pixels */
const PATTERNS = { solid: "", dash: "7 4", dot: "2 4", dashdot: "7 3 2 3" };

/** The curves of a chart by name, each with its value at the pointer, which explains itself; a click on its line hides or shows it. */
export class Legend {
  element = make("div", { class: "legend" });
  /** @type {Map<string, { ask: HTMLElement, output: HTMLElement }>} */
  #chips = new Map();
  /** @type {Map<string, number | null>} */
  #values = new Map(); // what is shown, by key
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
      const now = line.curve.smoothed(smoothing, line.run.logEvery)[i];
      this.#values.set(keyOf(line), now);
      setText(shown.output, value(now));
      shown.ask.title = words.curveValue(line.label, line.curve.values[i], line.curve.steps[i], smoothing > 0);
    }
  }

  /** @param {Line} line */
  #chip(line) {
    const key = keyOf(line);
    const output = make("output");
    const chip = make("button", { class: "chip", type: "button", "aria-label": words.curveOf(line.label), title: words.hides }, swatch(line));
    const ask = explains(make("button", { type: "button" }, make("span", {}, line.label), " ", output), () => this.#explained(line));
    const item = make("span", { class: "item" }, chip, ask);
    const show = () => {
      chip.setAttribute("aria-pressed", String(!this.hides(line)));
      item.classList.toggle("off", this.hides(line));
    };
    chip.addEventListener("click", () => {
      const hidden = new Set(this.view.hidden);
      if (!hidden.delete(key)) hidden.add(key);
      this.view.set({ hidden });
      show();
    });
    show();
    this.#chips.set(key, { ask, output });
    return item;
  }

  /** @param {Line} line */
  #explained({ run, name }) {
    return explained(name, [...run.curves.keys()], (other) => this.#values.get(keyOf({ run, name: other })) ?? null, run.quantities);
  }
}

/**
 * A curve on the page, in the address too: "0:loss/G".
 *
 * @param {Pick<Line, "run" | "name">} line
 */
const keyOf = (line) => `${line.run.index}:${line.name}`;

/** @param {Line} line */
function swatch(line) {
  const stroke = { x1: 1, y1: 3, x2: 21, y2: 3, "stroke-width": 3, "stroke-dasharray": PATTERNS[line.dash] ?? line.dash.replace(/px|,/g, (found) => (found === "," ? " " : "")) };
  return svg("svg", { viewBox: "0 0 22 6", class: "swatch", style: `stroke: var(${line.token})` }, svg("line", stroke));
}
