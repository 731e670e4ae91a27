import assert from "node:assert/strict";
import test from "node:test";
import "./browser.js";
import { Run } from "../../ganlab/app/static/live/state/run.js";
import { distinguish } from "../../ganlab/app/static/live/titles.js";

function runs(...titles) {
  return titles.map((title, i) => Object.assign(new Run(`id${i}`, i, titles.length), { summary: { title, created: 1000 * i } }));
}

test("runs of different names need no remark", () => {
  const both = runs("DCGAN", "WGAN-GP");
  assert.equal(distinguish(both, { lr: [1, 2] }), false);
  assert.deepEqual(both.map((run) => run.title), ["DCGAN", "WGAN-GP"]);
});

test("one setting that distinguishes all is enough", () => {
  const three = runs("DCGAN", "DCGAN", "DCGAN");
  assert.ok(distinguish(three, { batch_size: [64, 64, 32], lr: [0.1, 0.2, 0.3] }));
  assert.deepEqual(three.map((run) => run.remark), ["lr\u00a00.1", "lr\u00a00.2", "lr\u00a00.3"]);
});

test("equal settings leave the time they started, and the same time their number", () => {
  const both = runs("DCGAN", "DCGAN");
  for (const run of both) run.summary.created = 0;
  distinguish(both, {});
  assert.deepEqual(both.map((run) => run.remark), ["no.\u00a01", "no.\u00a02"]);
});
