import assert from "node:assert/strict";
import test from "node:test";
import { addressBar } from "./browser.js";

addressBar("http://127.0.0.1/live/");
globalThis.matchMedia = () => ({ matches: false, addEventListener() {} });
globalThis.document = { documentElement: { dataset: {} } };
const { style } = await import("../../ganlab/app/static/live/charts/traces.js");

const CYCLE = ["loss/G_AB/adversarial", "loss/G_AB/cycle", "loss/G_AB/identity", "loss/G_BA/adversarial", "loss/G_BA/cycle", "loss/G_BA/identity", "loss/D_A/adversarial", "loss/D_B/adversarial"];
const alone = { index: 0, total: 1 };
const second = { index: 1, total: 2 };

test("alone, a network has its colour in the losses and in the gradients, real and fake theirs in scores and labels", () => {
  for (const group of ["loss", "gradient"]) {
    const names = [`${group}/G`, `${group}/D`];
    assert.deepEqual(names.map((name) => style(name, names, alone).token), ["--g1", "--d1"]);
  }
  assert.deepEqual(["score/real", "labels/of_real", "score/fake", "labels/of_fake"].map((name) => style(name, [], alone).token), ["--real", "--real", "--fake", "--fake"]);
});

test("beside others the colour is the run, and D and fakes alone are dashed", () => {
  for (const names of [["loss/G/adversarial", "loss/D/adversarial"], ["gradient/G", "gradient/D"], ["score/real", "score/fake"], ["labels/of_real", "labels/of_fake"]]) {
    assert.deepEqual(names.map((name) => style(name, names, second)), [{ token: "--run2", dash: "solid" }, { token: "--run2", dash: "dash" }]);
  }
});

test("no two curves of a run look alike", () => {
  for (const run of [alone, second]) {
    const looks = CYCLE.map((name) => Object.values(style(name, CYCLE, run)).join());
    assert.equal(new Set(looks).size, CYCLE.length, looks.join(" "));
  }
});
