// @ts-check
// What is on screen and how; it round-trips through the URL, so that a link shows what its sender saw.
/** @import { Axis } from "../api.d.ts" */
import { keepViewQuery, viewQuery } from "./address.js";

const DEFAULTS = { smoothing: 0.9, axis: /** @type {Axis} */ ("step") };
const AXES = /** @type {Axis[]} */ (["step", "epoch", "time", "images"]);

/** @typedef {Partial<Pick<View, "smoothing" | "log" | "axis" | "zoom" | "hidden" | "step" | "seed">>} Changes */

export class View {
  /** @type {((changes: Changes) => void)[]} */
  #listeners = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #saving;

  constructor() {
    const own = new URLSearchParams(location.search);
    const ids = (own.get("runs") ?? own.get("run") ?? "").split(",").filter(Boolean);
    this.ids = [...new Set(ids)].slice(0, 4);
    const query = viewQuery();
    this.smoothing = clamp(query.get("smooth"), 0, 0.999) ?? DEFAULTS.smoothing;
    this.log = query.get("log") === "1";
    this.axis = AXES.find((axis) => axis === query.get("x")) ?? DEFAULTS.axis;
    const zoom = (query.get("zoom") ?? "").split(",").map(Number);
    /** @type {[number, number] | null} */
    this.zoom = zoom.length === 2 && zoom[0] < zoom[1] ? [zoom[0], zoom[1]] : null; // [from, to] on the x axis
    this.hidden = new Set((query.get("hide") ?? "").split(",").filter(Boolean)); // curves, as the legend names them
    /** @type {number | null} */
    this.seed = query.has("seed") ? Math.floor(clamp(query.get("seed"), 0, 2 ** 31 - 1) ?? 0) : null; // of the pictures drawn anew
    this.step = clamp(query.get("step"), 0, Number.MAX_SAFE_INTEGER); // null: the newest
  }

  /** @param {(changes: Changes) => void} listener */
  onChange(listener) {
    this.#listeners.push(listener);
  }

  /**
   * Change part of the view; every listener is called.
   *
   * @param {Changes} changes
   */
  set(changes) {
    Object.assign(this, changes);
    clearTimeout(this.#saving);
    this.#saving = setTimeout(() => this.save(), 250); // browsers refuse a stream of history entries
    for (const listener of this.#listeners) listener(changes);
  }

  /** Bring the address up to date now. */
  save() {
    clearTimeout(this.#saving);
    const query = viewQuery();
    /** @param {string} name @param {unknown} on @param {unknown} text */
    const keep = (name, on, text) => (on ? query.set(name, String(text)) : query.delete(name));
    keep("smooth", this.smoothing !== DEFAULTS.smoothing, this.smoothing);
    keep("log", this.log, "1");
    keep("x", this.axis !== DEFAULTS.axis, this.axis);
    keep("zoom", this.zoom, this.zoom?.map((x) => Number(x.toPrecision(6))).join(","));
    keep("hide", this.hidden.size, [...this.hidden].join());
    keep("step", this.step !== null, this.step);
    keep("seed", this.seed !== null, this.seed);
    keepViewQuery(query);
  }
}

/**
 * The number that `text` is, within bounds; null where it is none.
 *
 * @param {string | null} text
 * @param {number} low
 * @param {number} high
 */
function clamp(text, low, high) {
  const x = text === null || text === "" ? NaN : Number(text);
  return Number.isFinite(x) ? Math.min(high, Math.max(low, x)) : null;
}
