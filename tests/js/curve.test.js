import assert from "node:assert/strict";
import test from "node:test";
import { Curve } from "../../ganlab/app/static/live/state/curve.js";

function curve(...parts) {
  const made = new Curve();
  for (const part of parts) made.append(part);
  return made;
}

test("a cut forgets later points and what was smoothed of them", () => {
  const one = curve({ steps: [10, 20, 30], values: [1, 2, 3] });
  assert.equal(one.smoothed(0.9, 10).length, 3);
  one.cut(20);
  one.append({ steps: [30], values: [9] });
  assert.deepEqual([one.steps, one.values], [[10, 20, 30], [1, 2, 9]]);
  assert.deepEqual(one.smoothed(0.9, 10), curve({ steps: [10, 20, 30], values: [1, 2, 9] }).smoothed(0.9, 10));
});

test("no smoothing is the values themselves", () => {
  const one = curve({ steps: [10], values: [7] });
  assert.equal(one.smoothed(0, 10), one.values);
});

test("a reduced curve takes in finer points, and keeps what it got exactly", () => {
  const one = curve({ steps: [10, 40], values: [1, 4], means: [2, 3] }, { steps: [50], values: [5] });
  assert.equal(one.coarseUntil, 40);
  one.refine(10, 50, { steps: [10, 20, 30, 40, 50], values: [1, 2, 3, 4, 5] });
  assert.deepEqual(one.steps, [10, 20, 30, 40, 50]);
  assert.deepEqual(one.means, [1, 2, 3, 4, 5]);
});

test("an account that is no finer changes nothing", () => {
  const one = curve({ steps: [10, 20], values: [1, 2], means: [1, 2] });
  one.refine(10, 20, { steps: [10], values: [8] });
  assert.deepEqual(one.values, [1, 2]);
});

test("the point nearest to a step", () => {
  const one = curve({ steps: [10, 20], values: [1, 2] });
  assert.deepEqual([0, 14, 15, 16, 99].map((step) => one.indexNear(step)), [0, 0, 0, 1, 1]);
  assert.equal(new Curve().indexNear(5), -1);
});
