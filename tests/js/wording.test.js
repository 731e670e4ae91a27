import assert from "node:assert/strict";
import test from "node:test";
import { Run } from "../../ganlab/app/static/live/state/run.js";
import { words } from "../../ganlab/app/static/live/wording.js";
import { statusOf } from "./deltas.js";

function run(status) {
  return Object.assign(new Run("a", 0, 1), { status: statusOf(status), link: "ok" });
}

test("a run in the queue says how many are ahead; one that has its turn prepares", () => {
  const waiting = run({ state: "queued", phase: "waiting_device", text: "Waiting for cpu: 1 run is ahead." });
  assert.deepEqual([words.badge(waiting), words.waiting(waiting)], ["Queued", "Waiting for cpu: 1 run is ahead."]);
  const loading = run({ state: "queued", phase: "reading", text: "Reading MNIST: 12,000 of 60,000 images." });
  assert.deepEqual([words.badge(loading), words.waiting(loading)], ["Preparing", "Reading MNIST: 12,000 of 60,000 images."]);
  assert.equal(words.badge(run({ state: "queued", phase: "waiting_download" })), "Preparing");
  assert.equal(words.waiting(run({ text: "Training." })), "The first curves come in a moment.");
});

test("a pause by the user needs no banner, a full disk and a turn that was given do", () => {
  assert.equal(words.banner(run({ state: "paused", reason: "user", details: { who: "Ada" }, text: "Paused by Ada." })), "");
  const full = "The disk is full: training waits until there is room.";
  assert.equal(words.banner(run({ state: "paused", reason: "disk_full", text: full })), full);
  const gave = "Paused by Ada; gave its turn to another run.";
  assert.equal(words.banner(run({ state: "paused", reason: "gave_turn", details: { who: "Ada" }, text: gave })), gave);
  assert.equal(words.banner(run({ state: "running" })), "");
});

test("a worker of which nothing is heard gets a banner, and no curves are promised", () => {
  const text = "Training. No news from its worker for 40 s: it may hang.";
  const silent = run({ silent: 40, text });
  assert.deepEqual([words.badge(silent), words.banner(silent), words.waiting(silent)], ["Running", text, text]);
});

test("changes since a pause: the last one, and how many there were", () => {
  const notes = ["lr 0.0002 → 0.001 (Ada).", "D updated alone."].map((text, id) => ({ id, step: 5, time: 0, kind: "changed", data: {}, text }));
  assert.deepEqual([words.lastChange([]), words.lastChange(notes.slice(0, 1))], ["", "lr 0.0002 → 0.001 (Ada)."]);
  assert.equal(words.lastChange(notes), "D updated alone. 2 changes since the pause.");
  assert.equal(words.mark(notes, 5, "a"), "a: lr 0.0002 → 0.001 (Ada). D updated alone. (step 5)");
  assert.equal(words.change(notes[0]), "step 5: lr 0.0002 → 0.001 (Ada).");
});

test("what is compared, and why it is not the same z", () => {
  assert.equal(words.comparedAt("images", 38400, true), "At the same number of images seen: 38,400, the last that all runs have reached");
  assert.equal(words.sameZ(["a", "b"], [64, 64]), "");
  assert.match(words.sameZ(["a", "b"], [64, 100]), /64 and 100 numbers/);
  assert.match(words.sameZ(["a", "b", "c"], [null, null, 8]), /^a and b: no pictures here, since these models translate photos/);
});
