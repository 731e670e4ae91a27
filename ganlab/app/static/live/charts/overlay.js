// @ts-check
/** @import { Run } from "../state/run.js" */
/** @import { Axis } from "../api.d.ts" */
import { make, setText } from "../dom.js";
import { count } from "../format.js";
import { rem } from "../theme.js";
import { words } from "../wording.js";

const MARGIN = { l: 66, r: 14, t: 10, b: 46 };
const QUIET = ["queued", "finished"];

/** Around the axes, in pixels: ticks and titles grow with the page's letters. */
export function margin() {
  const scale = Math.max(1, rem() / 16);
  return { l: MARGIN.l * scale, r: MARGIN.r * scale, t: MARGIN.t, b: MARGIN.b * scale };
}

/** What lies over a plot: the cursor of the sheet on screen, the hairline under the pointer, and what happened to the run. */
export class Overlay {
  /** @param {HTMLElement} plot */
  constructor(plot) {
    this.plot = plot;
    this.step = make("span");
    this.cursor = make("div", { class: "cursor", hidden: true }, this.step);
    this.hair = make("div", { class: "hair", hidden: true });
    this.marks = make("div");
    this.element = make("div", { class: "overlay" }, this.marks, this.hair, this.cursor);
    /** @type {number[]} */
    this.range = [0, 1];
  }

  /**
   * Pixels from the plot's left edge; null outside the axes.
   *
   * @param {number} x
   */
  pixel(x) {
    const part = (x - this.range[0]) / (this.range[1] - this.range[0]);
    const { l, r } = margin();
    return part < -1e-6 || part > 1 + 1e-6 ? null : l + part * (this.plot.clientWidth - l - r);
  }

  /**
   * x on the axis under a pointer event; null outside the axes.
   *
   * @param {PointerEvent} event
   */
  xAt(event) {
    const box = this.plot.getBoundingClientRect();
    const { l, r, t, b } = margin();
    const part = (event.clientX - box.left - l) / (box.width - l - r);
    const inside = part >= 0 && part <= 1 && event.clientY >= box.top + t && event.clientY <= box.bottom - b;
    return inside ? this.range[0] + part * (this.range[1] - this.range[0]) : null;
  }

  /** @param {number | null} x @param {number | undefined} step */
  placeCursor(x, step) {
    this.#place(this.cursor, x);
    if (step !== undefined) setText(this.step, count(step));
    this.cursor.classList.toggle("left", parseFloat(this.cursor.style.left) > this.plot.clientWidth - 60);
  }

  /** @param {number | null} x */
  placeHair(x) {
    this.#place(this.hair, x);
  }

  /**
   * A thin line wherever something worth a look happened to one of `runs`; its flag says what it was.
   *
   * @param {Run[]} runs
   * @param {Axis} axis
   */
  placeMarks(runs, axis) {
    const { t, b } = margin();
    this.element.style.setProperty("--above", `${t}px`);
    this.element.style.setProperty("--below", `${b}px`);
    const marks = runs.flatMap((run) => {
      const notes = run.notes.filter((note) => !QUIET.includes(note.kind) && note.step > 0);
      return [...Map.groupBy(notes, (note) => note.step)].map(([step, here]) => {
        const title = words.mark(here, step, runs.length > 1 ? run.title : "");
        const mark = make("div", { class: `mark ${here.at(-1)?.kind}` }, make("span", { class: "flag", title, tabIndex: 0, "aria-label": title }));
        this.#place(mark, run.xOf(step, axis));
        return mark;
      });
    });
    this.marks.replaceChildren(...marks);
  }

  /** @param {HTMLElement} element @param {number | null | undefined} x */
  #place(element, x) {
    const left = x === null || x === undefined ? null : this.pixel(x);
    element.hidden = left === null;
    if (left !== null) element.style.left = `${left}px`;
  }
}
