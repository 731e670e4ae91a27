import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import "./browser.js";
import { explained } from "../../ganlab/app/static/live/explain/explanations.js";
import { referenceLines, referenceOf, symbol } from "../../ganlab/app/static/live/explain/references.js";
import { xTitle, yTitle } from "../../ganlab/app/static/live/explain/axes.js";

// Written by tests/app/test_quantities.py from the registry of families: a family with a new quantity fails there, then here.
const FAMILIES = JSON.parse(readFileSync(new URL("quantities.json", import.meta.url), "utf8"));
const HINGE = { ...FAMILIES.dcgan.quantities, objective: "hinge", certain: [1, -1], references: { score: 0, G: 0, D: 2 } };
const EVERY = [...Object.values(FAMILIES), { names: FAMILIES.dcgan.names, quantities: HINGE }];
const SENTENCE = /^[A-Z0-9][^.!?]*(?:\d\.\d[^.!?]*)*\.$/; // one, with decimal points inside at most
const values = [null, -3.2, 0, 0.0004, 0.07, 0.5, Math.LN2, 1, 5.2, 1234];

/** What is said of a metric where every metric reads `x`. */
const said = (name, facts, x = null) => explained(name, FAMILIES.dcgan.names, () => x, facts);

test("every quantity of every family, with each objective, has two sentences, whatever it reads", () => {
  for (const { names, quantities } of EVERY) {
    for (const name of names) {
      for (const x of values) {
        const found = said(name, quantities, x);
        assert.ok(found, `${name} under ${quantities.objective} has no explanation: write one in explain/explanations.js`);
        for (const text of [found.what, found.good]) {
          assert.match(text, SENTENCE, `${name}: ${text}`);
          assert.doesNotMatch(text, /undefined|NaN|null|lenet|[0-9a-f]{8}/, `${name}: ${text}`);
        }
        assert.ok(found.title && !found.title.includes("/"), found.title);
      }
    }
  }
});

test("what is not known is not explained", () => {
  const { quantities } = FAMILIES.dcgan;
  assert.equal(said("loss/G/feature_matching", quantities), null);
  assert.equal(said("sharpness/G", quantities), null);
  assert.equal(said("loss/G/adversarial", { ...quantities, objective: "" }), null);
});

test("what good looks like names the reference and what the value means now", () => {
  const { dcgan, lsgan, pix2pix, cyclegan } = Object.fromEntries(Object.entries(FAMILIES).map(([name, { quantities }]) => [name, quantities]));
  const wgan = FAMILIES["wgan-gp"].quantities;
  const now = { "score/real": 0.93, "score/fake": 0.07 };
  const scores = explained("score/real", [], (name) => now[name], dcgan);
  assert.equal(scores.title, "D(x)");
  assert.match(scores.good, /near 0\.5 \(dashed line\).* 0\.930 and 0\.070: D tells them apart with ease/);
  assert.match(said("score/fake", wgan, 2).good, /^Only the difference between D\(x\) and D\(G\(z\)\).* now it is 0/);
  assert.match(said("loss/G/adversarial", dcgan, 2.3).good, /near ln 2 = 0\.693 .* 2\.300: D sees through most fakes/);
  assert.match(said("loss/G/adversarial", lsgan, 0.25).good, /near 1\/4 = 0\.25 .* D can hardly tell/);
  assert.match(said("loss/D/adversarial", dcgan, 0.1).good, /^At 2 ln 2 = 1\.386 .* D is nearly always right/);
  assert.match(said("loss/D/adversarial", pix2pix, 0.5).good, /^At ln 2 = 0\.693 /);
  assert.match(said("loss/D/adversarial", pix2pix).what, /both halves are averaged\.$/);
  assert.match(said("loss/D/adversarial", wgan, -3.2).good, /^At 0 \(dashed line\) .* now it reads −3\.200\.$/);
  assert.match(said("loss/D/gradient_penalty", wgan, 0.4).good, /off by 0\.200 on average/); // √(0.4 / 10)
  assert.match(said("loss/G/l1", pix2pix, 20).good, /25\.5 of 255 levels/); // 20 / 100 of a half of 255
  assert.match(said("loss/G_AB/identity", cyclegan, 1).what, /times its weight of 5\.000\.$/);
});

test("a distance says that lower is better and what real images read", () => {
  const facts = { ...FAMILIES.dcgan.quantities, noun: "digits" };
  const found = said("distance/lenet-mnist", facts, 5.1);
  assert.match(found.title, /^Distance to real digits/);
  assert.match(found.what, /^How far 1,000 fakes are from 60,000 real digits, as a small classifier sees them/);
  assert.match(found.good, /^Lower is better: other real digits read 0\.3 \(dashed line\).* 5\.100: 17\.0 times as much\.$/);
  assert.match(said("distance/inception", facts, 5.1).good, /was not measured in this run; now it reads 5\.100\.$/);
  assert.match(said("distance/inception", facts).what, /FID/);
});

/** A run as far as charts ask for what explains it. */
const run = (family) => ({ quantities: { ...FAMILIES[family].quantities, noun: "digits" } });
const lines = (family, ...names) => names.map((name) => ({ run: run(family), name }));

test("a chart has each reference once, with whose it is", () => {
  const losses = ["loss/G/adversarial", "loss/D/adversarial"];
  assert.deepEqual(referenceLines(lines("dcgan", ...losses)).map(({ text }) => text), ["G where D cannot tell: ln 2", "D where it cannot tell: 2 ln 2"]);
  assert.deepEqual(referenceLines(lines("lsgan", ...losses)).map(({ text }) => text), ["G and D where D cannot tell: 1/4"]);
  assert.deepEqual(referenceLines(lines("wgan-gp", ...losses)).map(({ text }) => text), ["D where it cannot tell: 0"]);
  assert.deepEqual(referenceLines(lines("dcgan", "score/real", "score/fake")), [{ y: 0.5, text: "D cannot tell: 0.5" }]);
  assert.deepEqual(referenceLines(lines("wgan-gp", "score/real", "gradient/G")), []);
  assert.deepEqual(referenceLines(lines("dcgan", "distance/lenet-mnist")), [{ y: 0.3, text: "real digits: 0.3" }]);
  assert.equal(referenceOf("loss/G/l1", run("pix2pix").quantities), null);
});

test("references are written as in books where they are known", () => {
  assert.deepEqual([Math.LN2, 0.25, 0.5, 2, 0.31].map((x) => symbol(x)), ["ln 2 = 0.693", "1/4 = 0.25", "0.5", "2", "0.31"]);
});

test("axes have units", () => {
  assert.equal(yTitle("loss", [run("dcgan")], ["loss/G/adversarial"]), "Loss (nats)");
  assert.equal(yTitle("loss", [run("pix2pix")], ["loss/G/adversarial", "loss/G/l1"]), "Loss (no unit)");
  assert.equal(yTitle("score", [run("dcgan"), run("lsgan")], []), "Output of D (no unit)");
  assert.deepEqual([xTitle("time", 60), xTitle("time", 7200), xTitle("step", 60)], ["Training time (min:s)", "Training time (h:min:s)", "Step"]);
});
