// @ts-check
// One loop of requests per run: quick while it trains and is looked at, slow otherwise, patient while the server is away.

/** @import { Run } from "./run.js" */

const ACTIVE = 1000;
const ENDED = 5000; // a resumed run is noticed
const HIDDEN = 10; // times slower
const PATIENCE = [1000, 2000, 3000, 5000];

export class Poller {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #failures = 0;
  #asking = false;

  /**
   * `onNews(run, changed)` after every answer, and when the connection is lost or the run gone.
   *
   * @param {Run} run
   * @param {(run: Run, changed: boolean) => void} onNews
   */
  constructor(run, onNews) {
    this.run = run;
    this.onNews = onNews;
    document.addEventListener("visibilitychange", () => document.hidden || this.now());
    window.addEventListener("online", () => this.now());
    this.now();
  }

  /** Ask at once. */
  async now() {
    if (this.#asking || this.#gone) return;
    clearTimeout(this.#timer);
    this.#asking = true;
    const began = performance.now();
    const changed = await this.#ask();
    this.#asking = false;
    this.onNews(this.run, changed);
    if (this.#gone) return;
    // Counted from the request, so that a slow answer does not slow the rhythm.
    this.#timer = setTimeout(() => this.now(), Math.max(200, this.#pause - (performance.now() - began)));
  }

  get #gone() {
    return this.run.link === "gone";
  }

  get #pause() {
    if (this.#failures) return PATIENCE[Math.min(this.#failures, PATIENCE.length) - 1];
    return (this.run.active ? ACTIVE : ENDED) * (document.hidden ? HIDDEN : 1);
  }

  async #ask() {
    try {
      const before = this.run.status;
      const notes = this.run.notes.length;
      const changed = this.run.apply(await this.#get(this.run.deltaUrl));
      const now = this.run.status;
      if (!this.run.summary || before?.state !== now?.state || before?.num_images !== now?.num_images || notes !== this.run.notes.length) {
        this.run.summary = await this.#get(this.run.url());
      }
      const first = this.run.link !== "ok";
      this.#failures = 0;
      this.run.link = "ok";
      return changed || first || before?.state !== now?.state;
    } catch (error) {
      this.#failures++;
      this.run.link = error instanceof Gone ? "gone" : "lost";
      return false;
    }
  }

  /** @param {string} url */
  async #get(url) {
    const response = await fetch(url, { cache: "no-store", signal: AbortSignal.timeout(15_000) });
    const isJson = response.headers.get("content-type")?.includes("json");
    if (response.status === 404 && isJson) throw new Gone((await response.json()).error);
    if (!response.ok || !isJson) throw new Error(`${response.status}`);
    return response.json();
  }
}

class Gone extends Error {}
