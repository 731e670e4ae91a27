import assert from "node:assert/strict";
import test from "node:test";
import { Run } from "../../ganlab/app/static/live/state/run.js";
import { delta } from "./deltas.js";

test("deltas add up to the whole, and the next question asks for the rest", () => {
  const run = new Run("a b", 0, 1);
  assert.equal(run.deltaUrl, "../api/runs/a%20b/delta");
  assert.ok(run.apply(delta({ cursor: 20, series: { "loss/G": { steps: [10, 20], values: [1, 2] } }, sheets: [0], annotations: [{ id: 3, step: 0, kind: "started", text: "" }] })));
  assert.equal(run.deltaUrl, "../api/runs/a%20b/delta?since=20&sheets=0&notes=3");
  assert.ok(run.apply(delta({ since: 20, cursor: 30, series: { "loss/G": { steps: [30], values: [3] } }, sheets: [30], sheets_since: 0 })));
  assert.deepEqual(run.curves.get("loss/G")?.values, [1, 2, 3]);
  assert.deepEqual([run.sheets, run.notes.length, run.lastStep], [[0, 30], 1, 30]);
});

test("an answer without news changes nothing", () => {
  const run = new Run("a", 0, 1);
  run.apply(delta({ cursor: 20 }));
  assert.equal(run.apply(delta({ since: 20, cursor: 20 })), false);
});

test("a run that was resumed from an earlier step forgets what it computes again", () => {
  const run = new Run("a", 0, 1);
  run.apply(delta({ cursor: 30, series: { "loss/G": { steps: [10, 20, 30], values: [1, 2, 3] } }, sheets: [10, 20, 30], sheets_since: -1 }));
  run.apply(delta({ since: 10, cursor: 20, series: { "loss/G": { steps: [20], values: [8] } }, sheets_since: 10 }));
  assert.deepEqual(run.curves.get("loss/G")?.values, [1, 8]);
  assert.deepEqual(run.sheets, [10]);
});

test("axes go there and back", () => {
  const run = new Run("a", 0, 1);
  run.apply(delta({ cursor: 20, status: { num_images: 100 }, series: { "time/seconds": { steps: [10, 20], values: [5, 20] } } }));
  run.summary = { images: { steps: [0, 10, 20], images: [0, 100, 400] } };
  assert.deepEqual(["step", "epoch", "time", "images"].map((axis) => run.xOf(15, axis)), [15, 2.5, 12.5, 250]);
  for (const axis of ["step", "epoch", "time", "images"]) assert.ok(Math.abs(run.stepAt(run.xOf(13, axis), axis) - 13) < 1e-9, axis);
});

test("before the first answer nothing is known", () => {
  const run = new Run("a", 0, 1);
  assert.deepEqual([run.title, run.active, run.begun, run.lastStep, run.refusal, run.logEvery], ["a", false, false, 0, "", 10]);
});
