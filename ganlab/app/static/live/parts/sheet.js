// @ts-check
/** @import { Run } from "../state/run.js" */
/** @import { Timeline } from "../state/timeline.js" */
/** @typedef {{ image: HTMLImageElement, state: "loading" | "ready" | "failed", loaded: Promise<unknown> }} Picture */
import { make, setText } from "../dom.js";
import { bisect, nearest } from "../maths.js";
import { paint, tallest, tilesOf } from "./picture.js";
import { TileLink } from "./tiles.js";
import { words } from "../wording.js";

const KEPT = 96; // decoded pictures per run
const AHEAD = 6;

/** The sample sheet of one run at the timeline's step. */
export class Sheet {
  /** @type {Map<number, Picture>} */
  #pictures = new Map(); // by step, the one used last at the end
  /** @type {number | null} */
  #wanted = null; // the step that is or is about to be on screen
  /** @type {HTMLImageElement | null} */
  #painted = null;

  /**
   * @param {Run} run
   * @param {Timeline} timeline
   * @param {(step: number) => number} stepOf from the timeline's step to the step of this run at the same place of the x axis
   */
  constructor(run, timeline, stepOf = (step) => step) {
    this.run = run;
    this.stepOf = stepOf;
    this.timeline = timeline;
    this.canvas = make("canvas", { role: "img" });
    this.link = new TileLink(run, this.canvas);
    this.empty = make("p", { class: "empty" });
    this.caption = make("figcaption");
    this.frame = make("div", { class: "picture" }, this.empty);
    this.titles = make("div", { class: "titles" }); // what each column shows, where that is not plain
    this.element = make("figure", { class: "sheet", style: `--run: var(--run${run.index + 1})` }, this.caption, this.titles, this.frame);
    this.caption.hidden = run.total === 1;
    new ResizeObserver(() => this.#paint()).observe(this.element);
    timeline.onChange(() => this.update());
  }

  /**
   * Whether the sheet of `step` can be shown without waiting.
   *
   * @param {number} step
   */
  ready(step) {
    const own = nearest(this.run.sheets, this.stepOf(step));
    return own === undefined || this.#picture(own).state !== "loading";
  }

  update() {
    const { run, timeline } = this;
    const step = timeline.shown === undefined ? undefined : nearest(run.sheets, this.stepOf(timeline.shown));
    if (step === undefined) return this.#showEmpty();
    setText(this.caption, words.sheetCaption(run.title, step));
    if (step !== this.#wanted) this.#show(step);
    else this.#link(); // checkpoints come and go
  }

  /** @param {number} step */
  async #show(step) {
    this.#wanted = step;
    const picture = this.#picture(step);
    if (picture.state === "loading") await picture.loaded;
    if (this.#wanted !== step) return; // overtaken
    if (picture.state === "failed") {
      this.#pictures.delete(step);
      this.#wanted = null; // asked for again with the next news
      setText(this.empty, words.sheetUnreadable(step));
      this.frame.replaceChildren(this.empty);
      return;
    }
    this.canvas.dataset.step = String(step);
    this.canvas.setAttribute("aria-label", words.samples(this.run.title, step));
    if (!this.canvas.isConnected) this.frame.replaceChildren(this.canvas, this.link.element);
    this.#painted = picture.image;
    this.#paint();
    this.#preload(step);
  }

  #showEmpty() {
    setText(this.caption, this.run.title);
    setText(this.empty, words.noSheet(this.run));
    this.#wanted = null;
    this.frame.replaceChildren(this.empty);
  }

  /** @param {number} step */
  #picture(step) {
    const picture = this.#pictures.get(step) ?? this.#load(step);
    this.#pictures.delete(step);
    this.#pictures.set(step, picture);
    for (const old of this.#pictures.keys()) {
      if (this.#pictures.size <= KEPT) break;
      this.#pictures.delete(old);
    }
    return picture;
  }

  /** @param {number} step */
  #load(step) {
    const image = make("img", { src: this.run.sheetUrl(step) });
    /** @type {Picture} */
    const picture = { image, state: "loading", loaded: Promise.resolve() };
    picture.loaded = image.decode().then(
      () => (picture.state = "ready"),
      () => (picture.state = "failed"),
    );
    return picture;
  }

  /**
   * The neighbours, more of those ahead.
   *
   * @param {number} step
   */
  #preload(step) {
    const at = bisect(this.run.sheets, step);
    for (const near of this.run.sheets.slice(Math.max(0, at - 2), at + AHEAD + 1)) this.#picture(near);
  }

  #paint() {
    const room = this.frame.clientWidth;
    if (!this.#painted || !room) return;
    this.#name(paint(this.canvas, this.#painted, { room, tallest: tallest(this.run.total), size: this.#size }));
    this.#link();
  }

  #link() {
    if (this.#painted) this.link.update(Number(this.canvas.dataset.step), tilesOf(this.#painted, this.#size));
  }

  /** The side of one picture of the sheet, in its pixels; 0 while that is not known. */
  get #size() {
    const { config } = this.run.summary ?? {};
    return config?.test_size || config?.image_size || 0;
  }

  /** @param {number} width */
  #name(width) {
    const titles = this.run.status?.sheet_titles ?? [];
    this.titles.hidden = titles.length === 0;
    this.titles.style.width = `${width}px`;
    if (this.titles.childElementCount !== titles.length) this.titles.replaceChildren(...titles.map((title) => make("span", {}, title)));
  }
}
