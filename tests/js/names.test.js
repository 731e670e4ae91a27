import assert from "node:assert/strict";
import test from "node:test";
import { fullLabel, groupsOf, label, ordered } from "../../ganlab/app/static/live/names.js";

const LOSSES = ["loss/G_AB/adversarial", "loss/G_AB/cycle", "loss/D_A/adversarial"];

test("losses and scores come first, and time has no chart", () => {
  assert.deepEqual(groupsOf(["time/seconds", "speed/images", "score/real", "loss/G/adversarial"]), ["loss", "score", "speed"]);
});

test("a network's name stands alone where it has one term", () => {
  assert.equal(label("loss/G/adversarial", ["loss/G/adversarial"]), "Generator");
  assert.equal(label("loss/G/adversarial", ["loss/G/adversarial"], true), "G");
  assert.deepEqual(LOSSES.map((name) => label(name, LOSSES)), ["G_AB adversarial", "G_AB cycle", "D_A"]);
  assert.equal(label("score/fake", []), "D(G(z)) fake");
  assert.equal(label("labels/of_real", []), "of real images");
});

test("in a table the name says what kind of number it is", () => {
  assert.equal(fullLabel("loss/D_A/adversarial", LOSSES), "Loss of D_A");
  assert.equal(fullLabel("score/real", []), "D(x)");
});

test("generators come before discriminators, real before fake", () => {
  assert.deepEqual(ordered([...LOSSES].reverse()).at(-1), "loss/D_A/adversarial");
  assert.deepEqual(ordered(["score/fake", "score/real"]), ["score/real", "score/fake"]);
});
