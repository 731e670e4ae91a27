import assert from "node:assert/strict";
import test from "node:test";
import { noteText, statusText } from "../../ganlab/app/static/live/status_wording.js";
import { Run } from "../../ganlab/app/static/live/state/run.js";
import { words } from "../../ganlab/app/static/live/wording.js";
import { statusOf } from "./deltas.js";

function run(status) {
  return Object.assign(new Run("a", 0, 1), { status: statusOf(status), link: "ok" });
}

test("a run in the queue says how many are ahead; one that has its turn prepares", () => {
  const waiting = run({ state: "queued", phase: "waiting_device", subject: "cpu", ahead: 1 });
  assert.deepEqual([words.badge(waiting), words.waiting(waiting)], ["Queued", "Waiting for cpu: 1 run is ahead."]);
  assert.match(words.waiting(run({ state: "queued", phase: "waiting_device", subject: "cpu", ahead: 2 })), /2 runs are ahead/);
  const loading = run({ state: "queued", phase: "loading_data", subject: "Loading MNIST", done: 12000, total: 60000, unit: "images" });
  assert.deepEqual([words.badge(loading), words.waiting(loading)], ["Preparing", "Loading MNIST: 12,000 of 60,000 images."]);
  assert.equal(words.badge(run({ state: "queued", phase: "waiting_download", subject: "Waiting for another run" })), "Preparing");
});

test("a pause by the user needs no banner, a full disk does", () => {
  assert.equal(words.banner(run({ state: "paused", reason: "user", details: { who: "Ada" } })), "");
  assert.equal(words.banner(run({ state: "paused", reason: "disk_full" })), "The disk is full: training waits until there is room.");
  assert.equal(words.banner(run({ state: "running" })), "");
});

test("failures and losses say why and what to do", () => {
  const memory = { setting: "batch_size", value: 64 };
  assert.match(statusText(statusOf({ state: "failed", reason: "out_of_memory", details: memory })), /try batch_size = 32 \(it was 64\)/);
  assert.match(statusText(statusOf({ state: "lost", reason: "killed", details: { kept: true } })), /resume to go on from there/);
  assert.equal(statusText(statusOf({ state: "failed", reason: "message", details: { text: "The loss is not finite." } })), "The loss is not finite.");
  assert.equal(statusText(statusOf({ state: "paused", reason: "text", details: { text: "As it was." } })), "As it was.");
});

test("notes are sentences from their data; those of older versions as they were", () => {
  const note = (kind, data = {}, step = 5, text = "") => noteText({ id: 1, step, time: 0, kind, data, text });
  assert.equal(note("changed", { name: "lr", before: 0.0002, value: 0.001, who: "Ada" }), "lr 0.0002 → 0.001 (Ada).");
  assert.equal(note("changed", { name: "D" }), "D updated alone.");
  assert.deepEqual([note("started", {}, 0), note("started")], ["Started.", "Resumed after step 5."]);
  assert.equal(note("paused", { who: "Ada" }), "Paused by Ada.");
  assert.equal(note("paused", {}, 5, "Paused by Ada."), "Paused by Ada.");
});

test("what is compared, and why it is not the same z", () => {
  assert.equal(words.comparedAt("images", 38400, true), "At the same number of images seen: 38,400, the last that all runs have reached");
  assert.equal(words.sameZ(["a", "b"], [64, 64]), "");
  assert.match(words.sameZ(["a", "b"], [64, 100]), /64 and 100 numbers/);
  assert.match(words.sameZ(["a", "b", "c"], [null, null, 8]), /^a and b: no pictures here, since these models translate photos/);
});
