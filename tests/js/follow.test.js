import assert from "node:assert/strict";
import test from "node:test";
import { Follow, within } from "../../ganlab/app/static/live/state/follow.js";

const A = { page: "watch", query: { run: "a" } };
const B = { page: "watch", query: { run: "b" } };
const PLAY = { page: "play", query: {} };
const shown = (place) => ({ ...place, view: {}, tab: "t" });

function follow() {
  const kept = new Map();
  return new Follow({ getItem: (name) => kept.get(name) ?? null, setItem: (name, text) => kept.set(name, text), removeItem: (name) => kept.delete(name) });
}

test("one who has just come is led to the teacher's place and then looks at it", () => {
  const one = follow();
  assert.equal(one.next(null, null), "stay");
  assert.deepEqual([one.next(shown(A), null), one.next(shown(A), A), one.next(shown(B), A), one.next(shown(B), B)], ["go", "look", "go", "look"]);
  assert.equal(one.mode, "on");
});

test("going elsewhere or changing something pauses, and there is a way back", () => {
  const one = follow();
  one.next(shown(A), A);
  assert.deepEqual([one.next(shown(A), B), one.mode], ["stay", "paused"]);
  assert.equal(one.next(shown(PLAY), B), "stay");
  one.turn(true);
  assert.deepEqual([one.next(shown(PLAY), B), one.mode], ["go", "on"]);
  one.pause();
  assert.equal(one.mode, "paused");
});

test("one who is where the teacher goes is there already", () => {
  const one = follow();
  one.next(shown(A), A);
  assert.equal(one.next(shown(B), B), "look");
});

test("who does not follow stays, and no action of one's own changes that", () => {
  const one = follow();
  one.turn(false);
  one.pause();
  assert.deepEqual([one.next(shown(A), null), one.mode], ["stay", "off"]);
});

test("a place may say more than what was named", () => {
  assert.ok(within(PLAY, { page: "play", query: { tab: "draw" } }));
  assert.ok(!within({ page: "play", query: { tab: "explore" } }, { page: "play", query: { tab: "draw" } }));
  assert.ok(!within(A, null));
});
