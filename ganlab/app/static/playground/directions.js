// @ts-check
// "Draw from z": a person's own directions. The way from one picture to another gets a name and is a slider from then on, kept in
// this browser for this model. 1 on the slider is the whole way.
"use strict";

window.ganlabDirections = (() => {
  const KEPT = "ganlab.directions";
  const MOST = 12; // of a model
  const MODELS = 40;
  const LONGEST = 40; // characters of a name
  const NUMBERS = 1024; // of z, as many as an address holds
  const REACH = 2;
  const find = window.ganlabFind;
  const words = window.ganlabWords;
  /** @typedef {{ name: string, z: number[], value: number }} Direction */
  /** @type {Direction[]} */
  let own = [];
  let model = "";
  /** @type {number[] | null} */
  let start = null; // the z that the next direction leads away from

  /** @returns {Record<string, { name: string, z: number[] }[]>} */
  function kept() {
    try {
      const found = JSON.parse(localStorage.getItem(KEPT) ?? "{}");
      return found && typeof found === "object" && !Array.isArray(found) ? found : {};
    } catch {
      return {}; // storage that is full, forbidden or not ours
    }
  }

  /** @param {any} one */
  const sound = (one) =>
    typeof one?.name === "string" && one.name.length <= LONGEST && Array.isArray(one.z) && one.z.length <= NUMBERS && one.z.every(Number.isFinite);

  function keep() {
    const others = Object.entries(kept()).filter(([name]) => name !== model);
    const mine = own.map(({ name, z }) => ({ name, z }));
    try {
      localStorage.setItem(KEPT, JSON.stringify(Object.fromEntries([...others.slice(1 - MODELS), [model, mine]])));
    } catch {
      window.ganlabProblems.show([words.notKept]);
    }
  }

  // The directions of the model that is drawn now.
  /** @param {string | null} name */
  function use(name) {
    const base = (name ?? "").split("?")[0];
    if (base === model && find("own-sliders")?.childElementCount === own.length) return;
    if (base !== model) {
      const found = kept()[base];
      own = (Array.isArray(found) ? found : []).filter(sound).slice(0, MOST).map(({ name, z }) => ({ name, z, value: 0 }));
      start = null;
    }
    model = base;
    show();
  }

  function show() {
    const place = find("own-sliders");
    if (!place) return;
    place.replaceChildren(
      ...own.map(({ name, value }, index) => {
        const row = Object.assign(document.createElement("label"), { className: "own" });
        const slider = Object.assign(document.createElement("input"), { type: "range", min: -REACH, max: REACH, step: 0.05, value });
        slider.dataset.own = String(index);
        const remove = Object.assign(document.createElement("button"), { type: "button", textContent: "×", title: words.forget(name) });
        remove.setAttribute("aria-label", words.forget(name));
        remove.dataset.forget = String(index);
        row.append(Object.assign(document.createElement("span"), { textContent: name }), slider, Object.assign(document.createElement("output"), { textContent: value.toFixed(2) }), remove);
        return row;
      }),
    );
    find("own-from").textContent = start ? words.started : "";
    find("own-save").disabled = !start;
  }

  // What z is moved by: `shift`, as an address holds it, and the sliders.
  /** @param {string} shift */
  function moved(shift) {
    const moving = own.filter(({ value }) => value);
    if (!moving.length) return shift;
    const sum = shift ? shift.split(",").map(Number) : moving[0].z.map(() => 0);
    for (const { z, value } of moving) z.forEach((number, place) => (sum[place] += value * number));
    return sum.map((number) => Number(number.toPrecision(6))).join(",");
  }

  // Where the sliders stand that do not stand at 0, by their names.
  const values = () => Object.fromEntries(own.filter(({ value }) => value).map(({ name, value }) => [name, value]));

  /** @param {Record<string, number>} [places] */
  function put(places = {}) {
    for (const one of own) one.value = places[one.name] ?? 0;
    show();
  }

  // The z on screen; null while it is not known.
  function now() {
    const latent = find("copy-z")?.dataset.latent;
    return latent ? /** @type {number[]} */ (JSON.parse(latent).z) : null;
  }

  function save() {
    const [from, to, name] = [start, now(), find("own-name").value.trim().slice(0, LONGEST)];
    const way = from && to && from.length === to.length ? to.map((number, place) => Number((number - from[place]).toPrecision(6))) : [];
    if (!name) return window.ganlabProblems.show([words.nameFirst]);
    if (!way.some(Boolean)) return window.ganlabProblems.show([words.moveFirst]);
    const others = own.filter((one) => one.name !== name); // the same name again means another way from now on
    if (others.length >= MOST) return window.ganlabProblems.show([words.manyDirections(MOST)]);
    own = [...others, { name, z: way, value: 0 }];
    [start, find("own-name").value] = [null, ""];
    keep();
    show();
  }

  document.addEventListener("input", (event) => {
    const input = /** @type {HTMLInputElement} */ (event.target);
    const one = own[Number(input.dataset?.own ?? -1)];
    if (!one) return;
    one.value = Number(input.value);
    /** @type {Element} */ (input.nextElementSibling).textContent = one.value.toFixed(2);
    window.ganlab.again();
  });
  document.addEventListener("click", (event) => {
    const button = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest?.("button"));
    if (button?.id === "own-start") {
      start = now();
      show();
    } else if (button?.id === "own-save") save();
    else if (button?.dataset.forget) {
      event.preventDefault();
      own = own.filter((_, index) => index !== Number(button.dataset.forget));
      keep();
      show();
      window.ganlab.again();
    }
  });

  return { use, moved, put, values };
})();
