import assert from "node:assert/strict";
import test from "node:test";
import { Timeline } from "../../ganlab/app/static/live/state/timeline.js";

function timeline(steps) {
  const view = { step: null, set: (changes) => Object.assign(view, changes), onChange() {} };
  const made = new Timeline(view);
  made.setSteps(steps);
  return made;
}

test("it follows the newest sheet until one is chosen", () => {
  const line = timeline([0, 100]);
  assert.deepEqual([line.shown, line.following, line.atNewest], [100, true, true]);
  line.setSteps([0, 100, 200]);
  assert.equal(line.shown, 200);
  line.seek(90);
  assert.deepEqual([line.shown, line.following, line.index], [100, false, 1]);
  line.setSteps([0, 100, 200, 300]);
  assert.equal(line.shown, 100);
  line.follow();
  assert.equal(line.shown, 300);
});

test("the pointer shows another sheet for a moment", () => {
  const line = timeline([0, 100, 200]);
  line.hover(40);
  assert.deepEqual([line.shown, line.following, line.atNewest], [0, true, false]);
  line.hover(null);
  assert.equal(line.shown, 200);
});

test("moves stop at the ends, and nothing happens without sheets", () => {
  const line = timeline([0, 100, 200]);
  line.move(-Infinity);
  assert.equal(line.shown, 0);
  line.move(10);
  assert.equal(line.shown, 200);
  const empty = timeline([]);
  empty.move(1);
  empty.play();
  assert.deepEqual([empty.shown, empty.index, empty.playing], [undefined, -1, false]);
});

test("playing starts over at the end, waits for what is not ready, and ends by following", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const line = timeline([0, 100]);
  let ready = false;
  line.play(() => ready);
  assert.deepEqual([line.shown, line.playing], [0, true]);
  t.mock.timers.tick(125);
  assert.equal(line.shown, 0);
  ready = true;
  t.mock.timers.tick(125);
  assert.equal(line.shown, 100);
  t.mock.timers.tick(125);
  assert.deepEqual([line.playing, line.following], [false, true]);
});

test("listeners are called once for a change, and not for the same steps", () => {
  const line = timeline([0]);
  let calls = 0;
  line.onChange(() => calls++);
  line.setSteps([0]);
  assert.equal(calls, 0);
  line.seek(0);
  assert.equal(calls, 1);
});

test("a step that another browser chose is shown at once", () => {
  let heard = () => {};
  const view = { step: null, set: (changes) => Object.assign(view, changes), onChange: (listener) => (heard = listener) };
  const line = new Timeline(view);
  line.setSteps([0, 100, 200]);
  const shown = [];
  line.onChange(() => shown.push(line.shown));
  line.hover(0);
  heard(Object.assign(view, { step: 100 }), false);
  heard({ step: 200 }, true);
  assert.deepEqual(shown, [0, 100]);
});
