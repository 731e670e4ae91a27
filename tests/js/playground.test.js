import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import vm from "node:vm";

const FOLDER = new URL("../../ganlab/app/static/playground/", import.meta.url);
const STATE = { model: "m", seed: 7.9, label: null, truncation: 1, count: 16, every_label: false, z: "", shift: "", lock: false, offsets: [0, 0, 0] };

/** The window after its scripts have run, as in the head of the page. */
function page(...scripts) {
  const document = { addEventListener() {}, getElementById: () => null };
  const window = { document, frameElement: null, location: new URL("http://here/playground/"), URLSearchParams, URL, setTimeout, clearTimeout, performance };
  Object.assign(window, { window });
  vm.createContext(window);
  for (const script of ["wording.js", "playground.js", ...scripts]) vm.runInContext(readFileSync(new URL(script, FOLDER), "utf8"), window);
  return window;
}

test("the query of a picture is as short as it can be", () => {
  const { ganlabQuery: query } = page();
  assert.equal(query(STATE), "model=m&seed=7");
  assert.equal(query({ ...STATE, label: 0, truncation: 0.5, offsets: [0, 1.5, 0] }), "model=m&seed=7&label=0&truncation=0.5&offsets=0%2C1.5");
  assert.equal(query({ ...STATE, z: "1,2" }), "model=m&seed=7&z=1%2C2");
  assert.equal(query({ ...STATE, z: "1,2" }, { n: "16" }), "model=m&seed=7&n=16");
  assert.equal(query({ ...STATE, shift: "1,2" }, { n: "16" }), "model=m&seed=7&shift=1%2C2&n=16");
});

test("a person's own directions move z, and what this browser holds by that name but is none is left out", () => {
  const window = page("directions.js");
  const own = [{ name: "slant", z: [1, -2] }, { name: "broken", z: ["x"] }, { name: 7, z: [1] }, null];
  window.localStorage = { getItem: () => JSON.stringify({ m: own, other: "no list" }) };
  const { ganlabDirections: directions } = window;
  directions.use("m?step=20");
  assert.equal(directions.moved("5,5"), "5,5");
  directions.put({ slant: 0.5, broken: 1 });
  assert.equal(directions.moved(""), "0.5,-1");
  assert.equal(directions.moved("5,5"), "5.5,4");
  assert.equal(JSON.stringify(directions.values()), '{"slant":0.5}');
  for (const text of ["no JSON", "[]", "null", '{"m": {}}']) {
    window.localStorage = { getItem: () => text };
    directions.use("other");
    directions.use("m");
    assert.equal(directions.moved("5,5"), "5,5");
  }
});

test("every panel is given the chosen model when it opens, where it can show it", () => {
  const { ganlabChoice: choice } = page("choice.js");
  const state = { served: JSON.stringify({ name: "digits", panels: ["latent", "layers"] }), latent: "", classes: "old", layers: "" };
  const plain = (value) => JSON.parse(JSON.stringify(value));
  assert.deepEqual(plain(choice.show(state)), { latent: "digits", classes: "old", layers: "" });
  assert.deepEqual(plain(choice.open("classes", state)), { latent: "", classes: "old", layers: "" });
  assert.deepEqual(plain(choice.open("layers", state)), { latent: "", classes: "old", layers: "digits" });
  assert.equal(choice.chosen(), "digits");
});

test("z is the sum of the server's vectors, each times the value of its name", () => {
  const { ganlabLatent: latent } = page("local.js");
  const terms = { truncation: [[1, 2, 3]], offsets: [[1, 0, 0], [0, 10, 0]] };
  assert.deepEqual([...latent(terms, { ...STATE, truncation: 0.5, offsets: [2, -1, 0] })], [2.5, -9, 1.5]);
  assert.deepEqual([...latent(terms, { ...STATE, offsets: [] })], [1, 2, 3]);
});

test("buttons change what they name and nothing else", () => {
  const { ganlab } = page("directions.js", "local.js");
  const state = { ...STATE, model: null, z: "1,2", truncation: 0.3, offsets: [1, 2, 3] };
  const plain = (value) => JSON.parse(JSON.stringify(value));
  assert.deepEqual(plain(ganlab.reset(state)), { truncation: 1, shift: "", offsets: [0, 0, 0] });
  assert.deepEqual(plain(ganlab.reseed(state)), { z: "" });
  const { seed, z } = ganlab.resample(state);
  assert.ok(Number.isInteger(seed) && seed >= 0 && seed < 1e6 && z === "");
});

test("one request is in flight, the newest state wins, and a refused one is asked for again", async () => {
  const { ganlabTurns } = page();
  const shown = [];
  const refusals = [5];
  const turns = ganlabTurns(async (state) => {
    shown.push(state);
    await new Promise((resolve) => setTimeout(resolve, 5));
    return refusals.pop();
  });
  for (const state of ["a", "b", "c"]) turns.want(state);
  while (turns.busy()) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(shown.filter((state, i) => state !== shown[i - 1]), ["a", "c"]);
  assert.equal(shown.at(-1), "c");
});

test("a delay is no failure", () => {
  const { ganlabProblem: problem } = page();
  assert.equal(problem({ again: 1000 }).wrong, false);
  assert.deepEqual({ ...problem({ again: 0, message: "No." }) }, { text: "No.", wrong: true });
});
