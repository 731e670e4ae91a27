// @ts-check
// "Draw from z": back and forward among the pictures that were drawn, and a strip of the last ones, each of which a click brings
// back. It forgets them with another model, whose z is another.
"use strict";

window.ganlabHistory = (() => {
  const MOST = 100; // steps back
  const SHOWN = 12; // pictures in the strip
  const SIDE = 56; // pixels of one
  const find = window.ganlabFind;
  /** @typedef {{ key: string, state: LatentState, own: Record<string, number>, picture: string }} Entry */
  /** @type {Entry[]} */
  let past = []; // the newest last; the last one is on screen
  /** @type {Entry[]} */
  let future = []; // the next one last
  /** @type {Entry[]} */
  let strip = [];
  /** @type {Entry | null} */
  let wanted = null; // by a click on the strip
  let model = "";

  // A picture that has come to rest on screen. `state` is what Gradio holds, `own` where the person's own sliders stand.
  /** @param {LatentState} state @param {Record<string, number>} own */
  function note(state, own) {
    const base = (state.model ?? "").split("?")[0];
    if (base !== model) [model, past, future, strip] = [base, [], [], []];
    const key = JSON.stringify([state.seed, state.z, state.shift, state.label, state.truncation, state.offsets, own]);
    const entry = past.at(-1)?.key === key ? past.at(-1) : { key, state, own, picture: small() };
    if (!entry) return;
    if (entry !== past.at(-1)) {
      past = [...past.slice(1 - MOST), entry];
      future = [];
    }
    if (!strip.some((one) => one.key === key)) strip = [...strip.slice(1 - SHOWN), entry];
    show();
  }

  function small() {
    const canvas = Object.assign(document.createElement("canvas"), { width: SIDE, height: SIDE });
    const paper = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    paper.imageSmoothingEnabled = find("picture").width > SIDE;
    paper.drawImage(find("picture"), 0, 0, SIDE, SIDE);
    return canvas.toDataURL();
  }

  function show() {
    for (const [id, there] of Object.entries({ "undo-z": past.length > 1, "redo-z": future.length > 0 })) {
      const button = find(id);
      if (button) button.disabled = !there;
    }
    const here = past.at(-1)?.key;
    const pictures = strip.map((entry, index) => {
      const button = Object.assign(document.createElement("button"), { type: "button" });
      const label = window.ganlabWords.drawnBefore(index + 1, strip.length);
      Object.assign(button.dataset, { drawnBefore: String(index) });
      button.setAttribute("aria-label", label);
      button.title = label;
      if (entry.key === here) button.setAttribute("aria-current", "true");
      button.append(Object.assign(new Image(SIDE, SIDE), { src: entry.picture, alt: "" }));
      return button;
    });
    find("last-pictures")?.replaceChildren(...pictures);
  }

  /** @param {Entry | null | undefined} entry */
  const held = (entry) => entry ?? past.at(-1) ?? null;

  function undo() {
    if (past.length > 1) future.push(/** @type {Entry} */ (past.pop()));
    show();
    return held(null);
  }

  function redo() {
    const next = future.pop();
    if (next) past.push(next);
    show();
    return held(next);
  }

  // What was clicked in the strip.
  function recalled() {
    if (wanted && wanted.key !== past.at(-1)?.key) {
      past.push(wanted);
      future = [];
    }
    show();
    return held(wanted);
  }

  document.addEventListener("click", (event) => {
    const button = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest?.("[data-drawn-before]"));
    if (!button) return;
    wanted = strip[Number(button.dataset.drawnBefore)] ?? null;
    find("recall-z").click();
  });
  document.addEventListener("keydown", (event) => {
    const target = /** @type {Element} */ (event.target);
    const typing = target.matches?.("textarea, [role=application], input:not([type=range], [type=radio], [type=checkbox])");
    if (typing || window.ganlabChoice.opened() !== "latent" || !(event.ctrlKey || event.metaKey)) return;
    const button = event.key === "y" || (event.key === "Z" && event.shiftKey) ? "redo-z" : event.key === "z" ? "undo-z" : "";
    if (!button) return;
    event.preventDefault();
    find(button)?.click();
  });

  return { note, undo, redo, recalled };
})();
