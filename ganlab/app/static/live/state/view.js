// @ts-check
// What is on screen and how; it round-trips through the URL, so that a link shows what its sender saw.
/** @import { Axis } from "../api.d.ts" */
import { keepViewQuery, viewQuery } from "./address.js";

const DEFAULTS = { smoothing: 0.9, axis: /** @type {Axis} */ ("step") };
const NAMES = ["smooth", "log", "x", "zoom", "hide", "step", "seed", "panel"];
const AXES = /** @type {Axis[]} */ (["step", "epoch", "time", "images"]);

/** @typedef {Pick<View, "smoothing" | "log" | "axis" | "zoom" | "hidden" | "step" | "seed" | "panel">} Seen */
/** @typedef {Partial<Seen>} Changes */

export class View {
  /** @type {((changes: Changes, own: boolean) => void)[]} */
  #listeners = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #saving;
  smoothing = DEFAULTS.smoothing;
  log = false;
  axis = DEFAULTS.axis;
  /** @type {[number, number] | null} */
  zoom = null; // [from, to] on the x axis
  /** @type {Set<string>} */
  hidden = new Set(); // curves, as the legend names them
  /** @type {number | null} */
  step = null; // null: the newest
  /** @type {number | null} */
  seed = null; // of the pictures drawn anew
  panel = ""; // the chart or sheet that is presented; "" for the first

  constructor() {
    const own = new URLSearchParams(location.search);
    const ids = (own.get("runs") ?? own.get("run") ?? "").split(",").filter(Boolean);
    this.ids = [...new Set(ids)].slice(0, 4);
    Object.assign(this, read(viewQuery()));
  }

  /** @param {(changes: Changes, own: boolean) => void} listener `own`: this browser's user did it, no one who is followed */
  onChange(listener) {
    this.#listeners.push(listener);
  }

  /**
   * Change part of the view; every listener is called.
   *
   * @param {Changes} changes
   */
  set(changes) {
    this.#change(changes, true);
  }

  /**
   * Take over the view of another browser.
   *
   * @param {URLSearchParams} query
   */
  adopt(query) {
    const before = this.query().toString();
    const changes = read(query);
    if (asQuery(changes).toString() !== before) this.#change(changes, false);
  }

  /** The view as names and texts; what is as usual has none. */
  query() {
    return asQuery(this);
  }

  /** Bring the address up to date now. */
  save() {
    clearTimeout(this.#saving);
    const query = viewQuery();
    for (const name of NAMES) query.delete(name);
    for (const [name, text] of this.query()) query.set(name, text);
    keepViewQuery(query);
  }

  /** @param {Changes} changes @param {boolean} own */
  #change(changes, own) {
    Object.assign(this, changes);
    clearTimeout(this.#saving);
    this.#saving = setTimeout(() => this.save(), 250); // browsers refuse a stream of history entries
    for (const listener of this.#listeners) listener(changes, own);
  }
}

/**
 * The view that a query describes; nonsense is left out or held within bounds.
 *
 * @param {URLSearchParams} query
 * @returns {Seen}
 */
function read(query) {
  const zoom = (query.get("zoom") ?? "").split(",").map(Number);
  const panel = query.get("panel") ?? "";
  return {
    smoothing: clamp(query.get("smooth"), 0, 0.999) ?? DEFAULTS.smoothing,
    log: query.get("log") === "1",
    axis: AXES.find((axis) => axis === query.get("x")) ?? DEFAULTS.axis,
    zoom: zoom.length === 2 && zoom[0] < zoom[1] ? [zoom[0], zoom[1]] : null,
    hidden: new Set((query.get("hide") ?? "").split(",").filter(Boolean)),
    seed: query.has("seed") ? Math.floor(clamp(query.get("seed"), 0, 2 ** 31 - 1) ?? 0) : null,
    step: clamp(query.get("step"), 0, Number.MAX_SAFE_INTEGER),
    panel: /^[a-z_-]{1,30}$/.test(panel) ? panel : "",
  };
}

/**
 * The inverse of `read`.
 *
 * @param {Seen} view
 */
function asQuery(view) {
  const query = new URLSearchParams();
  /** @param {string} name @param {unknown} on @param {unknown} text */
  const keep = (name, on, text) => on && query.set(name, String(text));
  keep("smooth", view.smoothing !== DEFAULTS.smoothing, view.smoothing);
  keep("log", view.log, "1");
  keep("x", view.axis !== DEFAULTS.axis, view.axis);
  keep("zoom", view.zoom, view.zoom?.map((x) => Number(x.toPrecision(6))).join(","));
  keep("hide", view.hidden.size, [...view.hidden].join());
  keep("step", view.step !== null, view.step);
  keep("seed", view.seed !== null, view.seed);
  keep("panel", view.panel, view.panel);
  return query;
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
