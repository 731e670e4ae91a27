// @ts-check
/** @import { Run } from "../state/run.js" */
/** @import { Timeline } from "../state/timeline.js" */
/** @import { View } from "../state/view.js" */
import { Chart } from "./chart.js";
import { byId, make, perFrame, setText } from "../dom.js";
import { CHARTS, groupOf, groupsOf } from "../names.js";
import { onTheme } from "../theme.js";
import { words } from "../wording.js";

const MAIN = ["loss", "score", "distance"];

/** All charts of the page: one x axis, one cursor and one hairline for all of them. */
export class Charts {
  /** @type {Map<string, Chart>} */
  #charts = new Map();
  /** @type {number | null} */
  #hair = null; // x under the pointer
  /** @type {any} */
  #Plotly = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #refining;

  /** @param {Run[]} runs @param {View} view @param {Timeline} timeline */
  constructor(runs, view, timeline) {
    this.runs = runs;
    this.view = view;
    this.timeline = timeline;
    this.main = byId("charts");
    if (runs.length > 1) this.main.append(make("p", { class: "note key" }, words.key));
    this.more = byId("more");
    this.redraw = perFrame(() => this.#draw());
    this.place = perFrame(() => this.#place());
    timeline.onChange(this.place);
    view.onChange((changes) => {
      if ("log" in changes || "axis" in changes) this.#forgetHeights();
      if ("zoom" in changes && view.zoom) this.#refineSoon();
      if (!("step" in changes)) this.redraw();
    });
    onTheme(this.redraw);
    this.more.addEventListener("toggle", this.redraw);
    document.addEventListener("visibilitychange", this.redraw);
    loadPlotly().then((Plotly) => {
      this.#Plotly = Plotly;
      this.redraw();
    });
    if (view.zoom) this.#refineSoon();
  }

  /** Whether anything is zoomed. */
  get zoomed() {
    return Boolean(this.view.zoom) || [...this.#charts.values()].some((chart) => chart.yZoom);
  }

  /** Everything back in sight. */
  reset() {
    this.#forgetHeights();
    this.view.set({ zoom: null });
  }

  #forgetHeights() {
    for (const chart of this.#charts.values()) chart.yZoom = null;
  }

  #draw() {
    if (!this.#Plotly || document.hidden) return;
    const groups = groupsOf(this.runs.flatMap((run) => [...run.curves.keys()]));
    for (const group of groups) if (!this.#charts.has(group)) this.#add(group);
    const others = groups.filter((group) => !MAIN.includes(group));
    this.more.hidden = !others.length;
    setText(this.more.children[0], others.map((group) => CHARTS[group]?.title ?? group).join(", "));
    for (const chart of this.#charts.values()) chart.draw(this.#Plotly, this.runs, this.#full);
    this.place();
  }

  get #full() {
    return [0, 1.02 * Math.max(...this.runs.map((run) => run.xOf(Math.max(run.lastStep, run.logEvery), this.view.axis)))];
  }

  /** @param {string} group */
  #add(group) {
    const chart = new Chart(group, this.view, {
      zoom: (zoom) => this.view.set({ zoom: zoom && [zoom[0], zoom[1]] }),
      reset: () => this.reset(),
      hover: (x) => this.#hover(x),
      pick: (x) => this.timeline.seek(this.runs[0].stepAt(x, this.view.axis)),
      redraw: this.redraw,
    });
    this.#charts.set(group, chart);
    (MAIN.includes(group) ? this.main : this.more.children[1]).append(chart.element);
  }

  /** @param {number | null} x */
  #hover(x) {
    if (x === this.#hair) return;
    this.#hair = x;
    this.timeline.hover(x === null ? null : this.runs[0].stepAt(x, this.view.axis));
    this.place();
  }

  #place() {
    const { shown, following } = this.timeline;
    const cursor = shown === undefined ? null : this.runs[0].xOf(shown, this.view.axis);
    const x = this.#hair ?? (following ? null : cursor);
    /** @param {Run} run */
    const stepOf = (run) => (x === null ? null : run.stepAt(x, this.view.axis));
    for (const chart of this.#charts.values()) {
      chart.overlay.placeCursor(cursor, shown);
      chart.overlay.placeHair(this.#hair);
      chart.showValues(stepOf);
    }
  }

  #refineSoon() {
    clearTimeout(this.#refining);
    this.#refining = setTimeout(() => Promise.all(this.runs.map((run) => this.#refine(run))).then(this.redraw), 200);
  }

  /**
   * The first answer is reduced: ask for all points of what is zoomed into.
   *
   * @param {Run} run
   */
  async #refine(run) {
    const { axis, zoom } = this.view;
    if (!zoom || run.link !== "ok") return;
    const [from, to] = [Math.floor, Math.ceil].map((whole, i) => Math.max(0, whole(run.stepAt(zoom[i], axis))));
    if (![...run.curves.values()].some((curve) => curve.coarseUntil >= from)) return;
    const response = await fetch(run.url(`/detail?from=${from}&to=${to}`)).catch(() => null); // the poller reports a lost server
    if (!response?.ok) return;
    for (const [name, part] of Object.entries((await response.json()).series)) {
      if (groupOf(name) !== "time") run.curves.get(name)?.refine(from, to, part);
    }
  }
}

/** Plotly comes after everything else: it is large, and header and pictures need not wait for it. */
function loadPlotly() {
  const loaded = () => /** @type {any} */ (window).Plotly;
  return new Promise((resolve) => document.head.append(make("script", { src: "plotly.min.js", on: { load: () => resolve(loaded()) } })));
}
