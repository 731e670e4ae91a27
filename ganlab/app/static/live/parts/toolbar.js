// @ts-check
/** @import { Axis } from "../api.d.ts" */
/** @import { Charts } from "../charts/charts.js" */
/** @import { Run } from "../state/run.js" */
/** @import { View } from "../state/view.js" */
import { make, setText } from "../dom.js";

/** @type {[Axis, string][]} */
const AXES = [
  ["step", "Step"],
  ["epoch", "Epoch"],
  ["time", "Time"],
  ["images", "Images"],
];

/** The controls of the charts: smoothing, log y, the x axis, and the way back from a zoom. */
export class Toolbar {
  /** @param {Element} element @param {View} view @param {Charts} charts @param {Run[]} runs */
  constructor(element, view, charts, runs) {
    this.view = view;
    this.charts = charts;
    this.runs = runs;
    // A slider whose right end matters most: 0.9, 0.99, 0.999 are equally far apart.
    this.slider = make("input", { type: "range", min: 0, max: 1, step: 0.01, "aria-label": "Smoothing" });
    this.amount = make("output");
    this.log = make("button", { type: "button", class: "toggle", title: "Logarithmic y axis" }, "Log y");
    this.axes = AXES.filter(([axis]) => axis !== "images" || runs.length > 1).map(([axis, text]) => ({
      axis,
      button: make("button", { type: "button", dataset: { axis }, on: { click: () => this.#turn(axis) } }, text),
    }));
    this.reset = make("button", { type: "button", class: "quiet", title: "Double-click on a chart does the same" }, "Reset zoom");
    this.slider.addEventListener("input", () => view.set({ smoothing: fromSlider(Number(this.slider.value)) }));
    this.log.addEventListener("click", () => view.set({ log: !view.log }));
    this.reset.addEventListener("click", () => charts.reset());
    element.append(
      make("label", { class: "smoothing" }, "Smoothing", this.slider, this.amount),
      this.log,
      make("div", { class: "segments", role: "group", "aria-label": "x axis" }, ...this.axes.map(({ button }) => button)),
      this.reset,
    );
    view.onChange(() => this.update());
    this.update();
  }

  update() {
    const { view } = this;
    if (document.activeElement !== this.slider) this.slider.value = String(toSlider(view.smoothing));
    setText(this.amount, view.smoothing ? view.smoothing.toFixed(view.smoothing > 0.985 ? 3 : 2) : "off");
    this.log.setAttribute("aria-pressed", String(view.log));
    for (const { axis, button } of this.axes) button.setAttribute("aria-pressed", String(axis === view.axis));
    this.reset.hidden = !this.charts.zoomed;
  }

  /**
   * The same steps stay in sight on another axis.
   *
   * @param {Axis} axis
   */
  #turn(axis) {
    const { view, runs } = this;
    const [from, to] = (view.zoom ?? []).map((x) => runs[0].xOf(runs[0].stepAt(x, view.axis), axis));
    view.set({ axis, zoom: view.zoom && [from, to] });
  }
}

/** @param {number} place */
const fromSlider = (place) => (place < 0.02 ? 0 : Number((1 - 10 ** (-3 * place)).toFixed(3)));
/** @param {number} smoothing */
const toSlider = (smoothing) => Math.min(1, -Math.log10(Math.max(1e-3, 1 - smoothing)) / 3);
