import assert from "node:assert/strict";
import test from "node:test";
import { bisect, extremes, interpolate, nearest, smooth } from "../../ganlab/app/static/live/maths.js";

test("bisect counts what is smaller, or with `right` not larger", () => {
  assert.deepEqual([0, 1, 2, 5, 9].map((x) => bisect([1, 2, 2, 5], x)), [0, 0, 1, 3, 4]);
  assert.deepEqual([0, 1, 2, 5, 9].map((x) => bisect([1, 2, 2, 5], x, true)), [0, 1, 3, 4, 4]);
  assert.equal(bisect([], 3), 0);
});

test("nearest takes the lower of two that are equally near, and nothing of nothing", () => {
  assert.deepEqual([-5, 14, 15, 16, 99].map((x) => nearest([10, 20], x)), [10, 10, 10, 20, 20]);
  assert.equal(nearest([], 3), undefined);
});

test("interpolation is exact on the breakpoints and goes on beyond the ends", () => {
  const [xs, ys] = [[0, 10, 20], [0, 100, 120]];
  assert.deepEqual([-1, 0, 5, 10, 15, 20, 30].map((x) => interpolate(xs, ys, x)), [-10, 0, 50, 100, 110, 120, 140]);
  for (const y of [3, 55, 111, 130]) assert.ok(Math.abs(interpolate(xs, ys, interpolate(ys, xs, y)) - y) < 1e-9);
  assert.equal(interpolate([], [], 3), 0);
  assert.equal(interpolate([4, 4], [1, 2], 4), 2); // no division by zero
});

test("extremes keep the smallest and the largest of all, in order", () => {
  const values = Array.from({ length: 1000 }, (_, i) => Math.sin(i / 7) + (i === 500 ? 9 : 0));
  const kept = extremes(values, 0, values.length, 100);
  assert.ok(kept.length <= 100 && kept.includes(500));
  assert.deepEqual(kept, [...new Set(kept)].sort((a, b) => a - b));
  assert.deepEqual(extremes([1, 2, 3], 1, 3, 100), [1, 2]);
});

test("a bucket without numbers is still a gap", () => {
  const values = [1, 2, null, null, null, null, 3, 4];
  assert.ok(extremes(values, 0, 8, 6).some((i) => values[i] === null));
});

test("smoothing is unbiased at the start and forgets by step", () => {
  assert.deepEqual(smooth([10, 20, 30], [5, 5, 5], 0.9, 10), [5, 5, 5]);
  const close = smooth([10, 20], [0, 1], 0.9, 10).at(-1);
  const far = smooth([10, 110], [0, 1], 0.9, 10).at(-1);
  assert.ok(Number(far) > Number(close));
  assert.deepEqual(smooth([10, 20], [null, 4], 0.9, 10), [null, 4]);
});

test("smoothing that goes on equals smoothing at once", () => {
  const steps = [10, 20, 30, 40];
  const values = [1, 4, 2, 8];
  const state = { sum: 0, weight: 0, step: null };
  const part = smooth(steps.slice(0, 2), values.slice(0, 2), 0.9, 10, [], state);
  assert.deepEqual(smooth(steps, values, 0.9, 10, part, state), smooth(steps, values, 0.9, 10));
});
