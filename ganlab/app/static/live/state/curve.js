// @ts-check
/** @import { Series } from "../api.d.ts" */
import { bisect, smooth } from "../maths.js";

/** One metric of one run as far as this page knows it: ascending steps, exact or reduced values. */
export class Curve {
  /** @type {number[]} */
  steps = [];
  /** @type {(number | null)[]} */
  values = [];
  /** @type {(number | null)[]} */
  means = []; // what smoothing works on: around a reduced point the mean of all it stands for, else the value
  coarseUntil = -1; // up to this step points are missing
  /** @type {{ factor: number, unit: number, values: (number | null)[], state: { sum: number, weight: number, step: number | null } } | null} */
  #smoothed = null;

  /** @param {Series} part */
  append(part) {
    this.steps.push(...part.steps);
    this.values.push(...part.values);
    this.means.push(...(part.means ?? part.values));
    if (part.means) this.coarseUntil = part.steps.at(-1) ?? this.coarseUntil;
  }

  /**
   * Forget everything after `step`.
   *
   * @param {number} step
   */
  cut(step) {
    const kept = bisect(this.steps, step, true);
    if (kept === this.steps.length) return;
    for (const list of [this.steps, this.values, this.means]) list.length = kept;
    this.coarseUntil = Math.min(this.coarseUntil, step);
    this.#smoothed = null;
  }

  /**
   * Take a finer account of the steps `from` to `to` in place of what is known of them.
   *
   * @param {number} from
   * @param {number} to
   * @param {Series} part
   */
  refine(from, to, part) {
    const start = bisect(this.steps, from);
    const removed = bisect(this.steps, Math.min(to, this.coarseUntil), true) - start;
    const fresh = bisect(part.steps, this.coarseUntil, true);
    if (fresh <= removed) return;
    this.steps.splice(start, removed, ...part.steps.slice(0, fresh));
    this.values.splice(start, removed, ...part.values.slice(0, fresh));
    this.means.splice(start, removed, ...(part.means ?? part.values).slice(0, fresh));
    this.#smoothed = null;
  }

  /**
   * The smoothed values; only what is new is computed.
   *
   * @param {number} factor
   * @param {number} unit
   */
  smoothed(factor, unit) {
    if (!factor) return this.values;
    if (this.#smoothed?.factor !== factor || this.#smoothed.unit !== unit) {
      this.#smoothed = { factor, unit, values: [], state: { sum: 0, weight: 0, step: null } };
    }
    return smooth(this.steps, this.means, factor, unit, this.#smoothed.values, this.#smoothed.state);
  }

  /**
   * Where the point nearest to `step` is; -1 when there is none.
   *
   * @param {number} step
   */
  indexNear(step) {
    const i = bisect(this.steps, step);
    if (i === 0) return this.steps.length ? 0 : -1;
    return i === this.steps.length || step - this.steps[i - 1] <= this.steps[i] - step ? i - 1 : i;
  }
}
