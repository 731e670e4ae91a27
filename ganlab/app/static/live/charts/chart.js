// @ts-check
/** @import { Axis } from "../api.d.ts" */
/** @import { Line } from "./traces.js" */
/** @import { Run } from "../state/run.js" */
/** @import { View } from "../state/view.js" */
import { make, setText } from "../dom.js";
import { duration, elapsed } from "../format.js";
import { Legend } from "./legend.js";
import { referenceLines } from "../explain/references.js";
import { xTitle, yTitle } from "../explain/axes.js";
import { CHARTS, chartTitle, groupOf, ordered } from "../names.js";
import { Overlay, margin } from "./overlay.js";
import { colour, rem } from "../theme.js";
import { drawn, lines } from "./traces.js";
import { words } from "../wording.js";

const TIME_STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400];
const CONFIG = { displayModeBar: false, doubleClick: false, scrollZoom: false, showTips: false };

/**
 * What the user did to a chart.
 *
 * @typedef {object} Actions
 * @property {(range: number[] | null) => void} zoom
 * @property {() => void} reset
 * @property {(x: number | null) => void} hover
 * @property {(x: number) => void} pick
 * @property {() => void} redraw
 */

/** One group of metrics over steps, epochs or time. It keeps its zoom itself: Plotly gets every range at every draw. */
export class Chart {
  /** @type {number[] | null} */
  yZoom = null;
  busy = false; // the user is dragging: a redraw would pull the zoom box from under the pointer
  /** @type {Line[]} */
  #lines = [];

  /** @param {string} group @param {View} view @param {Actions} on */
  constructor(group, view, on) {
    this.group = group;
    this.view = view;
    this.on = on;
    /** @type {any} */
    this.plot = make("div", { class: "plot" }); // to which Plotly adds on()
    this.overlay = new Overlay(this.plot);
    this.legend = new Legend(view);
    this.note = make("p", { class: "note", hidden: true }, words.noLogarithm);
    this.title = make("h2", { title: CHARTS[group]?.hint ?? "" });
    this.protocol = make("p", { class: "note", hidden: true });
    const head = make("header", {}, this.title, this.legend.element);
    this.element = make("article", { class: `chart ${group}` }, head, make("div", { class: "frame" }, this.plot, this.overlay.element), this.protocol, this.note);
    this.#listen();
    new ResizeObserver(() => on.redraw()).observe(this.plot);
  }

  /**
   * A warning where curves of two protocols meet.
   *
   * @param {Run[]} runs
   * @param {string[]} names
   */
  #showProtocol(runs, names) {
    const measured = runs.flatMap((run) => names.filter((name) => run.curves.has(name) && run.summary).map((name) => run.summary?.protocols?.[name]));
    const protocols = [...new Set(measured)];
    this.protocol.hidden = protocols.length < 2;
    setText(this.protocol, protocols.length < 2 ? "" : words.protocols);
  }

  /**
   * Draw `runs`; `full` is the whole extent of the x axis.
   *
   * @param {any} Plotly
   * @param {Run[]} runs
   * @param {number[]} full
   */
  async draw(Plotly, runs, full) {
    if (this.busy || !this.plot.clientWidth) return;
    const names = ordered(new Set(runs.flatMap((run) => [...run.curves.keys()].filter((name) => groupOf(name) === this.group))));
    const range = this.view.zoom ?? full;
    this.#lines = lines(runs, names);
    const visible = this.#lines.filter((line) => !this.legend.hides(line));
    const points = Math.min(1500, 2 * this.plot.clientWidth);
    const traces = visible.flatMap((line) => drawn(line, this.view, range, points));
    this.note.hidden = !(this.view.log && traces.some((trace) => trace.y.some((y) => y !== null && y <= 0)));
    this.legend.update(this.#lines);
    this.#showProtocol(runs, names);
    setText(this.title, chartTitle(this.group, noun(runs)));
    const titles = { x: xTitle(this.view.axis, range[1]), y: yTitle(this.group, runs, names) };
    await Plotly.react(this.plot, traces, { ...this.#layout(range, traces, titles), ...this.#levels(visible) }, CONFIG);
    if (!this.plot.dataset.drawn) this.#listenToPlotly();
    this.place(range, runs);
  }

  /**
   * Put everything that lies over the plot where it belongs.
   *
   * @param {number[]} range
   * @param {Run[]} runs
   */
  place(range, runs) {
    this.overlay.range = range;
    this.overlay.placeMarks(runs, this.view.axis);
  }

  /**
   * Show the values at `stepOf(run)`.
   *
   * @param {(run: Run) => number | null} stepOf
   */
  showValues(stepOf) {
    this.legend.showValues(this.#lines, stepOf, this.view.smoothing);
  }

  /**
   * What the curves are held against: a dashed line across, with its meaning above its end.
   *
   * @param {Line[]} visible
   */
  #levels(visible) {
    const levels = referenceLines(visible).filter(({ y }) => y > 0 || !this.view.log);
    const line = { color: colour("--soft"), width: 1.5, dash: "dash" };
    return {
      shapes: levels.map(({ y }) => ({ type: "line", xref: "paper", x0: 0, x1: 1, y0: y, y1: y, line, layer: "below" })),
      annotations: levels.map(({ y, text }) => ({
        xref: "paper", x: 1, xanchor: "right", y: this.view.log ? Math.log10(y) : y, yanchor: "bottom", showarrow: false, text, borderpad: 1,
        bgcolor: colour("--veil"), font: { size: 0.82 * rem(), color: colour("--ink") },
      })),
    };
  }

  /** @param {number[]} range @param {ReturnType<typeof drawn>} traces @param {{ x: string, y: string }} titles */
  #layout(range, traces, titles) {
    const axis = { color: colour("--soft"), gridcolor: colour("--line"), zeroline: false, linecolor: colour("--line"), tickfont: { size: 0.82 * rem() } };
    const rangemode = this.group === "speed" ? "tozero" : "normal"; // a rate that hardly changes is no mountain range
    /** @param {string} text */
    const title = (text) => ({ text, standoff: 6, font: { size: 0.85 * rem() } });
    const y = { ...axis, title: title(titles.y), type: this.view.log ? "log" : "linear", autorange: true, rangemode, nticks: 6, exponentformat: "power" };
    if (this.yZoom) Object.assign(y, { autorange: false, range: this.yZoom });
    else if (this.group === "score" && !this.view.log && traces.every((trace) => trace.y.every((v) => v === null || (v >= 0 && v <= 1)))) {
      Object.assign(y, { autorange: false, range: [-0.02, 1.02] });
    }
    return {
      width: this.plot.clientWidth,
      height: this.plot.clientHeight,
      margin: margin(),
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: getComputedStyle(document.body).fontFamily, color: colour("--ink") },
      showlegend: false,
      hovermode: false,
      dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom", // a finger scrolls the page
      xaxis: { ...axis, title: title(titles.x), showgrid: false, showline: true, range: [...range], autorange: false, ...ticks(this.view.axis, range) },
      yaxis: y,
    };
  }

  #listen() {
    /** @type {PointerEvent | null} */
    let pressed = null;
    this.plot.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => this.busy || this.on.hover(this.overlay.xAt(event)));
    this.plot.addEventListener("pointerleave", () => this.on.hover(null));
    this.plot.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
      pressed = event;
      this.busy = event.pointerType === "mouse";
    });
    window.addEventListener("pointerup", (event) => {
      if (!pressed) return;
      const still = Math.hypot(event.clientX - pressed.clientX, event.clientY - pressed.clientY) < 5;
      const x = this.overlay.xAt(pressed);
      pressed = null;
      // After Plotly has acted on the same event.
      setTimeout(() => {
        this.busy = false;
        if (still && x !== null) this.on.pick(x);
        this.on.redraw();
      });
    });
  }

  #listenToPlotly() {
    this.plot.dataset.drawn = "yes";
    this.plot.on("plotly_relayout", (/** @type {any} */ change) => {
      /** @param {string} axis @returns {any[] | undefined} */
      const pair = (axis) => (change[`${axis}.range[0]`] === undefined ? change[`${axis}.range`] : [change[`${axis}.range[0]`], change[`${axis}.range[1]`]]);
      const [x, y] = [pair("xaxis"), pair("yaxis")];
      if (y) this.yZoom = y.map(Number);
      if (x || y) this.on.zoom(x?.map(Number) ?? this.view.zoom);
    });
    this.plot.on("plotly_doubleclick", () => this.on.reset());
  }
}

/**
 * What the images of all these runs show.
 *
 * @param {Run[]} runs
 */
function noun(runs) {
  const nouns = new Set(runs.map((run) => run.quantities.noun));
  return nouns.size === 1 ? [...nouns][0] : "images";
}

/**
 * Ticks of the x axis: whole steps, and times as minutes and seconds at round places.
 *
 * @param {Axis} axis
 * @param {number[]} range
 */
function ticks(axis, [from, to]) {
  if (axis !== "time") return { tickmode: "auto", nticks: 7, tickformat: axis === "step" ? ",d" : axis === "images" ? "~s" : "~g" };
  const gap = TIME_STEPS.find((step) => (to - from) / step <= 7) ?? 86400;
  const first = Math.ceil(from / gap);
  const tickvals = Array.from({ length: Math.floor(to / gap) - first + 1 }, (_, i) => (first + i) * gap);
  return { tickmode: "array", tickvals, ticktext: tickvals.map(gap < 1 ? elapsed : duration) };
}
