import { make, setText } from "../dom.js";

const AXES = { step: "Step", epoch: "Epoch", time: "Time", images: "Images" };

/** The controls of the charts: smoothing, log y, the x axis, and the way back from a zoom. */
export class Toolbar {
  constructor(element, view, charts, runs) {
    Object.assign(this, { view, charts, runs });
    // A slider whose right end matters most: 0.9, 0.99, 0.999 are equally far apart.
    this.slider = make("input", { type: "range", min: 0, max: 1, step: 0.01, "aria-label": "Smoothing" });
    this.amount = make("output");
    this.log = make("button", { type: "button", class: "toggle", title: "Logarithmic y axis" }, "Log y");
    this.axes = Object.entries(AXES).filter(([axis]) => axis !== "images" || runs.length > 1).map(([axis, text]) => make("button", { type: "button", dataset: { axis } }, text));
    this.reset = make("button", { type: "button", class: "quiet", title: "Double-click on a chart does the same" }, "Reset zoom");
    this.slider.addEventListener("input", () => view.set({ smoothing: fromSlider(Number(this.slider.value)) }));
    this.log.addEventListener("click", () => view.set({ log: !view.log }));
    for (const button of this.axes) button.addEventListener("click", () => this.#turn(button.dataset.axis));
    this.reset.addEventListener("click", () => charts.reset());
    element.append(
      make("label", { class: "smoothing" }, "Smoothing", this.slider, this.amount),
      this.log,
      make("div", { class: "segments", role: "group", "aria-label": "x axis" }, ...this.axes),
      this.reset,
    );
    view.onChange(() => this.update());
    this.update();
  }

  update() {
    const { view } = this;
    if (document.activeElement !== this.slider) this.slider.value = toSlider(view.smoothing);
    setText(this.amount, view.smoothing ? view.smoothing.toFixed(view.smoothing > 0.985 ? 3 : 2) : "off");
    this.log.setAttribute("aria-pressed", String(view.log));
    for (const button of this.axes) button.setAttribute("aria-pressed", String(button.dataset.axis === view.axis));
    this.reset.hidden = !this.charts.zoomed;
  }

  /** The same steps stay in sight on another axis. */
  #turn(axis) {
    const { view, runs } = this;
    const zoom = view.zoom?.map((x) => runs[0].xOf(runs[0].stepAt(x, view.axis), axis)) ?? null;
    view.set({ axis, zoom });
  }
}

const fromSlider = (place) => (place < 0.02 ? 0 : Number((1 - 10 ** (-3 * place)).toFixed(3)));
const toSlider = (smoothing) => Math.min(1, -Math.log10(Math.max(1e-3, 1 - smoothing)) / 3);
