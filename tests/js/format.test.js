import assert from "node:assert/strict";
import test from "node:test";
import * as format from "../../ganlab/app/static/live/format.js";

test("counts, times, rates and sizes", () => {
  assert.equal(format.count(12345.4), "12,345");
  assert.deepEqual([0, 42, 3725, -3].map(format.duration), ["0:00", "0:42", "1:02:05", "0:00"]);
  assert.deepEqual([4.21, 59.94, 59.96, 61].map(format.elapsed), ["4.2 s", "59.9 s", "1:00", "1:01"]);
  assert.deepEqual([84.23, 5376, 3.14159].map(format.rate), ["84.2", "5,376", "3.14"]);
  assert.deepEqual([300e6, 1.5e9].map(format.bytes), ["300 MB", "1.5 GB"]);
});

test("values have four significant digits at most, and a minus of their width", () => {
  assert.deepEqual([0, 0.69315, -0.5, 12.34, 123.4, -4567, 1e7, 5e-5].map(format.value), [
    "0.000", "0.693", "−0.500", "12.3", "123", "−4,567", "1.0e+7", "5.0e−5",
  ]);
  assert.deepEqual([null, undefined, NaN].map(format.value), ["–", "–", "–"]);
});

test("settings as people write them", () => {
  assert.deepEqual([0.0002, [0.5, 0.999], "cpu", null, "", true].map(format.setting), ["0.0002", "0.5, 0.999", "cpu", "–", "–", "true"]);
});

test("a clock shows the date of another day only", () => {
  assert.match(format.clock(Date.now() / 1000), /^\d\d:\d\d$/);
  assert.match(format.clock(Date.now() / 1000, true), /^\d\d:\d\d:\d\d$/);
  assert.match(format.clock(0), /^\d+ \w+ \d\d:\d\d$/);
});
