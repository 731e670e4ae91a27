// @ts-check
/** @import { View } from "./view.js" */
import { bisect, nearest } from "../maths.js";

/** Which sheet is on screen: the newest, one that was chosen, or for a moment the one under the pointer on a chart. */
export class Timeline {
  /** @type {number[]} */
  steps = [];
  playing = false;
  speed = 8; // sheets per second
  #view;
  /** @type {number | null} */
  #hovered = null;
  /** @type {(() => void)[]} */
  #listeners = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {View} view */
  constructor(view) {
    this.#view = view;
    view.onChange((changes, own) => {
      if (own || !("step" in changes)) return; // this browser's own changes come from here
      clearTimeout(this.#timer);
      this.playing = false;
      this.#hovered = null;
      this.#notify();
    });
  }

  /** @param {() => void} listener */
  onChange(listener) {
    this.#listeners.push(listener);
  }

  /**
   * All saved steps, of all runs on the page.
   *
   * @param {number[]} steps
   */
  setSteps(steps) {
    if (steps.length === this.steps.length && steps.at(-1) === this.steps.at(-1)) return;
    this.steps = steps;
    this.#notify();
  }

  /** Whether new sheets are shown as they come. */
  get following() {
    return this.#view.step === null;
  }

  /** Whether each run shows its own newest sheet: not while the pointer is at a place of the x axis. */
  get atNewest() {
    return this.following && this.#hovered === null;
  }

  /** The step on screen; undefined before the first sheet. */
  get shown() {
    if (this.#hovered !== null) return nearest(this.steps, this.#hovered);
    return this.#view.step === null ? this.steps.at(-1) : nearest(this.steps, this.#view.step);
  }

  get index() {
    return this.shown === undefined ? -1 : bisect(this.steps, this.shown);
  }

  /**
   * Stay at the sheet nearest to `step`.
   *
   * @param {number} step
   */
  seek(step) {
    this.#hovered = null;
    this.#view.set({ step: nearest(this.steps, step) ?? null });
    this.#notify();
  }

  follow() {
    this.pause();
    this.#hovered = null;
    this.#view.set({ step: null });
    this.#notify();
  }

  /**
   * Show the sheet nearest to `step` while the pointer is there; null when it left.
   *
   * @param {number | null} step
   */
  hover(step) {
    if (this.playing || (step === null && this.#hovered === null)) return;
    this.#hovered = step;
    this.#notify();
  }

  /**
   * Go `by` sheets on or back.
   *
   * @param {number} by
   */
  move(by) {
    if (!this.steps.length) return;
    const next = Math.min(this.steps.length - 1, Math.max(0, this.index + by));
    this.pause();
    this.seek(this.steps[next]);
  }

  /** @param {(step: number) => boolean} ready whether the sheets of a step can be shown at once */
  play(ready = () => true) {
    if (this.playing || !this.steps.length) return;
    this.playing = true;
    this.#hovered = null;
    if (this.following || this.index === this.steps.length - 1) this.#view.set({ step: this.steps[0] });
    this.#notify();
    this.#schedule(ready);
  }

  pause() {
    clearTimeout(this.#timer);
    if (!this.playing) return;
    this.playing = false;
    this.#notify();
  }

  /** @param {(step: number) => boolean} ready */
  #schedule(ready) {
    this.#timer = setTimeout(() => {
      const next = this.index + 1;
      if (next >= this.steps.length) return this.follow();
      if (ready(this.steps[next])) {
        this.#view.set({ step: this.steps[next] });
        this.#notify();
      }
      this.#schedule(ready);
    }, 1000 / this.speed);
  }

  #notify() {
    for (const listener of this.#listeners) listener();
  }
}
