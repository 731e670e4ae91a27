// @ts-check
// Pure functions of number arrays.

/**
 * The number of elements of the ascending `sorted` that are < x (or <= x with `right`).
 *
 * @param {number[]} sorted
 * @param {number} x
 */
export function bisect(sorted, x, right = false) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < x || (right && sorted[middle] === x)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The element of the ascending `sorted` nearest to x; undefined when there is none.
 *
 * @param {number[]} sorted
 * @param {number} x
 * @returns {number | undefined}
 */
export function nearest(sorted, x) {
  const i = bisect(sorted, x);
  if (i === 0) return sorted[0];
  if (i === sorted.length) return sorted[i - 1];
  return x - sorted[i - 1] <= sorted[i] - x ? sorted[i - 1] : sorted[i];
}

/**
 * y at x on the straight lines through (xs, ys), both ascending; beyond the ends the last line goes on.
 *
 * @param {number[]} xs
 * @param {number[]} ys
 * @param {number} x
 */
export function interpolate(xs, ys, x) {
  if (xs.length < 2) return xs.length ? ys[0] + (x - xs[0]) : 0;
  const i = Math.min(Math.max(bisect(xs, x), 1), xs.length - 1);
  const width = xs[i] - xs[i - 1];
  return width ? ys[i - 1] + ((ys[i] - ys[i - 1]) * (x - xs[i - 1])) / width : ys[i];
}

/**
 * Which of values[from..to) to draw so that about `points` look like all: the smallest and the largest of every bucket.
 * Gaps (null) survive as the first one of a bucket without numbers.
 *
 * @param {(number | null)[]} values
 * @param {number} from
 * @param {number} to
 * @param {number} points
 */
export function extremes(values, from, to, points) {
  const index = [];
  if (to - from <= points) {
    for (let i = from; i < to; i++) index.push(i);
    return index;
  }
  const buckets = points >> 1;
  for (let b = 0; b < buckets; b++) {
    const start = from + Math.floor(((to - from) * b) / buckets);
    const stop = from + Math.floor(((to - from) * (b + 1)) / buckets);
    let low = -1;
    let high = -1;
    for (let i = start; i < stop; i++) {
      const value = values[i];
      if (value === null) continue;
      if (low < 0 || value < Number(values[low])) low = i;
      if (high < 0 || value > Number(values[high])) high = i;
    }
    if (low < 0) index.push(start);
    else if (low === high) index.push(low);
    else index.push(Math.min(low, high), Math.max(low, high));
  }
  return index;
}

/**
 * A debiased exponential moving average that forgets by step, not by point: curves look the same whether a viewer has
 * every point or a reduced series. `unit` steps keep `factor` of the past. Goes on from `state` when given.
 *
 * @param {number[]} steps
 * @param {(number | null)[]} values
 * @param {number} factor
 * @param {number} unit
 * @param {(number | null)[]} out
 * @param {{ sum: number, weight: number, step: number | null }} state
 */
export function smooth(steps, values, factor, unit, out = [], state = { sum: 0, weight: 0, step: null }) {
  for (let i = out.length; i < values.length; i++) {
    const value = values[i];
    if (value !== null) {
      const kept = factor ** (state.step === null ? 1 : (steps[i] - state.step) / unit);
      state.sum = state.sum * kept + value * (1 - kept);
      state.weight = state.weight * kept + (1 - kept);
      state.step = steps[i];
    }
    out.push(value === null || !state.weight ? null : state.sum / state.weight);
  }
  return out;
}
