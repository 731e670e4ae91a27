// What state modules ask of a browser, for tests without one: an address bar that can be set and read.
import { mock } from "node:test";

// Browsers have it; Node from version 21 on.
Map.groupBy ??= (items, kindOf) => {
  const groups = new Map();
  for (const [index, item] of [...items].entries()) {
    const kind = kindOf(item, index);
    groups.set(kind, [...(groups.get(kind) ?? []), item]);
  }
  return groups;
};

/** Put up an address bar at `address`; returns it. Modules that read it must be imported after this. */
export function addressBar(address) {
  const bar = new URL(address);
  const history = { state: null, replaceState: mock.fn((_state, _title, url) => (bar.href = new URL(url, bar).href)) };
  const window = { location: bar, history, frameElement: null, addEventListener() {} };
  Object.assign(globalThis, { window, location: bar });
  return bar;
}
