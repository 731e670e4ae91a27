// @ts-check
// What the class has in common, asked for again and again: what the teacher shows, the newest run, how many are here.
/** @import { LessonNow, Shown } from "../api.d.ts" */
import { post } from "../post.js";

const CLASS = 1000; // ms
const ALONE = 2000;
const LOST = 5000;
const HIDDEN = 10; // times slower
const APART = 300; // ms between two things shown: a scrubber moves faster

const URL = "../api/lesson"; // relative to the page: it works behind any path prefix

export class Lesson {
  /** @type {LessonNow} */
  now = { class: false, teaches: false, newest: "", students: 0, shown: null };
  known = false; // whether anything was answered yet
  #failed = false;
  #asking = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #showing;
  /** @type {string} */
  #sent = "";
  /** @type {(() => void)[]} */
  #listeners = [];
  tab = Math.random().toString(36).slice(2, 12); // no crypto.randomUUID over plain HTTP

  constructor() {
    document.addEventListener("visibilitychange", () => document.hidden || this.ask());
    this.ask();
  }

  /** @param {() => void} listener */
  onNews(listener) {
    this.#listeners.push(listener);
  }

  /** Ask at once. */
  async ask() {
    if (this.#asking) return;
    clearTimeout(this.#timer);
    this.#asking = true;
    try {
      // The browser asks with the answer's ETag, and has it from its own cache when nothing is new.
      const response = await fetch(URL, { cache: "no-cache", signal: AbortSignal.timeout(15_000) });
      this.#failed = !response.ok;
      if (response.ok) {
        this.now = await response.json();
        this.known = true;
      }
    } catch {
      this.#failed = true;
    }
    this.#asking = false;
    for (const listener of this.#listeners) listener();
    const pause = this.#failed ? LOST : this.now.class ? CLASS : ALONE;
    this.#timer = setTimeout(() => this.ask(), pause * (document.hidden ? HIDDEN : 1));
  }

  /**
   * Show this to the class, soon; the last counts.
   *
   * @param {Omit<Shown, "tab">} shown
   */
  show(shown) {
    if (!this.now.class || !this.now.teaches) return;
    const text = JSON.stringify(shown);
    if (text === this.#sent) return;
    this.#sent = text;
    clearTimeout(this.#showing);
    this.#showing = setTimeout(async () => {
      if (await post(URL, { ...shown, tab: this.tab })) this.#sent = ""; // refused or not reached: the next is sent whatever it is
    }, APART);
  }
}
