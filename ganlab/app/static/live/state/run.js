// @ts-check
/** @import { Axis, Delta, Note, Status, Summary } from "../api.d.ts" */
import { Curve } from "./curve.js";
import { interpolate } from "../maths.js";

/** @type {import("../api.d.ts").Quantities} */
const UNKNOWN = { objective: "", certain: null, references: {}, weights: {}, averaged: false, readings: {}, noun: "images" };

/** Everything this page knows of one run; `apply` a delta, read the rest. */
export class Run {
  /** @type {Map<string, Curve>} */
  curves = new Map();
  /** @type {number[]} */
  sheets = [];
  /** @type {Note[]} */
  notes = [];
  /** @type {Status | null} */
  status = null;
  /** @type {Summary | null} */
  summary = null;
  remark = ""; // what distinguishes it from another run of its name on the page
  /** @type {"connecting" | "ok" | "lost" | "gone"} */
  link = "connecting";
  /** @type {number | null} */
  #cursor = null;

  /** @param {string} id @param {number} index @param {number} total */
  constructor(id, index, total) {
    this.id = id;
    this.index = index; // its place among the runs on the page: its colour
    this.total = total;
  }

  /** A URL of this run's part of the API, relative to the page: it works behind any path prefix. */
  url(path = "") {
    return `../api/runs/${encodeURIComponent(this.id)}${path}`;
  }

  get deltaUrl() {
    if (this.#cursor === null) return this.url("/delta");
    const notes = this.notes.at(-1)?.id ?? 0;
    return this.url(`/delta?since=${this.#cursor}&sheets=${this.sheets.at(-1) ?? -1}&notes=${notes}`);
  }

  /** @param {number} step */
  sheetUrl(step) {
    return this.url(`/sheets/${step}.png`);
  }

  /**
   * Take in a delta; whether there is anything new to draw.
   *
   * @param {Delta} delta
   */
  apply(delta) {
    for (const curve of this.curves.values()) curve.cut(delta.since);
    for (const [name, part] of Object.entries(delta.series)) {
      const curve = this.curves.get(name) ?? new Curve();
      curve.append(part);
      this.curves.set(name, curve);
    }
    const known = this.sheets.length;
    this.sheets = this.sheets.filter((step) => step <= delta.sheets_since).concat(delta.sheets);
    this.notes.push(...delta.annotations);
    const changed = delta.cursor !== this.#cursor || delta.annotations.length > 0 || delta.sheets.length > 0 || this.sheets.length !== known;
    this.#cursor = delta.cursor;
    this.status = delta.status;
    return changed;
  }

  /** What it trains. */
  get name() {
    return this.summary?.title ?? this.id;
  }

  /** What it is called on this page. */
  get title() {
    return [this.name, this.remark].filter(Boolean).join(", ");
  }

  /** Why this visitor must not pause, change or stop it; "" when they may. */
  get refusal() {
    return this.summary?.refusal ?? "";
  }

  /** Whether there are curves or pictures to show: a fork has its parent's before it trains. */
  get begun() {
    return this.curves.size > 0 || this.sheets.length > 0;
  }

  get active() {
    return this.status?.active ?? false;
  }

  /** The newest step with anything to show; a resumed run still shows what it computes again. */
  get lastStep() {
    const newest = [...this.curves.values()].map((curve) => curve.steps.at(-1) ?? 0);
    return Math.max(this.status?.step ?? 0, 0, ...newest);
  }

  /** What explains its numbers; of a run that is not known yet, nothing. */
  get quantities() {
    return this.summary?.quantities ?? UNKNOWN;
  }

  get logEvery() {
    return this.summary?.config.log_every ?? 10;
  }

  /**
   * x of a step on the axis; of "time" in seconds.
   *
   * @param {number} step
   * @param {Axis} axis
   */
  xOf(step, axis) {
    const { steps, images } = this.#seen;
    if (axis === "images") return interpolate(steps, images, step);
    if (axis === "epoch") return interpolate(steps, images, step) / (this.status?.num_images || 1);
    return axis === "time" ? interpolate(this.#clock.steps, this.#clock.values, step) : step;
  }

  /**
   * The inverse of `xOf`, not rounded.
   *
   * @param {number} x
   * @param {Axis} axis
   */
  stepAt(x, axis) {
    const { steps, images } = this.#seen;
    if (axis === "images") return interpolate(images, steps, x);
    if (axis === "epoch") return interpolate(images, steps, x * (this.status?.num_images || 1));
    return axis === "time" ? interpolate(this.#clock.values, this.#clock.steps, x) : x;
  }

  /** Real images seen by each step: the breakpoints of a line, for forks and changes of d_steps bend it. */
  get #seen() {
    return this.summary?.images ?? { steps: [0, 1], images: [0, 1] };
  }

  get #clock() {
    const clock = this.curves.get("time/seconds");
    return { steps: [0, ...(clock?.steps ?? [])], values: [0, ...(clock?.values.map(Number) ?? [])] };
  }
}
