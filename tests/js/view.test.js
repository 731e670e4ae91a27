import assert from "node:assert/strict";
import test from "node:test";
import { addressBar } from "./browser.js";

const bar = addressBar("http://here/live/?run=a");
const { View } = await import("../../ganlab/app/static/live/state/view.js");
const { shared } = await import("../../ganlab/app/static/live/state/address.js");

function at(query) {
  bar.search = query;
  return new View();
}

test("without parameters, the defaults; and they leave no trace in the address", () => {
  const view = at("?run=a");
  assert.deepEqual([view.ids, view.smoothing, view.log, view.axis, view.zoom, view.step, view.seed], [["a"], 0.9, false, "step", null, null, null]);
  view.save();
  assert.equal(bar.search, "?run=a");
});

test("everything on screen goes round through the address", () => {
  const view = at("?runs=a,b");
  view.set({ smoothing: 0.5, log: true, axis: "time", zoom: [1.5, 60], hidden: new Set(["0:loss/G", "1:score/real"]), step: 120, seed: 7 });
  view.save();
  const again = new View();
  for (const name of ["ids", "smoothing", "log", "axis", "zoom", "hidden", "step", "seed"]) assert.deepEqual(again[name], view[name], name);
});

test("nonsense in an address is left out or held within bounds", () => {
  const view = at("?runs=a,a,b,c,d,e&smooth=7&x=nothing&zoom=9,1&step=-4&seed=1e99");
  assert.deepEqual([view.ids, view.smoothing, view.axis, view.zoom, view.step, view.seed], [["a", "b", "c", "d"], 0.999, "step", null, 0, 2 ** 31 - 1]);
  assert.deepEqual([at("?step=x").step, at("?seed=x").seed], [null, 0]);
});

test("every listener gets the changes", () => {
  const view = at("?run=a");
  const seen = [];
  view.onChange((changes) => seen.push(changes));
  view.set({ log: true });
  view.save();
  assert.deepEqual(seen, [{ log: true }]);
});

test("another browser's view is taken over whole, once, and is no change of one's own", () => {
  const view = at("?run=a&log=1");
  const seen = [];
  view.onChange((_, own) => seen.push(own));
  view.adopt(new URLSearchParams({ step: "300", zoom: "1,2", panel: "score", x: "<b>" }));
  view.adopt(new URLSearchParams({ step: "300", zoom: "1,2", panel: "score" }));
  view.set({ step: 100 });
  assert.deepEqual([view.log, view.step, view.zoom, view.panel, view.axis, seen], [false, 100, [1, 2], "score", "step", [false, true]]);
  view.adopt(new URLSearchParams({ panel: "../<b>" }));
  assert.deepEqual([view.panel, view.step], ["", null]);
  view.save();
});

test("the link for others keeps the view, not the theme, and is readable", () => {
  bar.search = "?runs=a%2Cb&theme=dark&hide=0%3Aloss%2FG";
  assert.equal(shared(), "http://here/live/?runs=a,b&hide=0:loss/G");
});
