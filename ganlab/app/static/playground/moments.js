// @ts-check
// The checkpoint slider: the same picture at every moment of a run. While it moves the picture follows; when it rests, the moment
// is chosen for all panels. Of a moment without a checkpoint the saved sheet is shown in the picture's place.
"use strict";

window.ganlabMoments = (() => {
  const SETTLED = 200; // milliseconds without a change
  const find = window.ganlabFind;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let rest;
  /** @type {{ step: number, kept: boolean }[]} */
  let moments = [];
  let run = "";
  let last = ""; // what was read last
  let chosen = ""; // a model's name, as ganlab/app/serving/variants.py writes it

  const newest = () => moments.findLastIndex((moment) => moment.kept);
  /** @param {number} at */
  const name = (at) => (at === newest() ? run : `${run}?step=${moments[at].step}`);

  // Where a model stands among the moments; that of the newest checkpoint where it says no step.
  /** @param {string} model */
  function place(model) {
    const at = moments.findIndex((_, index) => name(index) === model);
    return at < 0 ? newest() : at;
  }

  // What the page knows of the run: it changes while the run trains, and with the model.
  function read() {
    /** @type {HTMLElement | null} */
    const known = document.querySelector("#moments-known [data-run]");
    const box = find("moments");
    if (!known || !box) return;
    run = known.dataset.run ?? "";
    const steps = (known.dataset.steps ?? "").split(",").filter(Boolean);
    moments = steps.map((text) => ({ step: Number.parseInt(text), kept: !text.endsWith("s") }));
    box.hidden = moments.length < 2 || newest() < 0;
    if (box.hidden) return;
    find("moment").max = String(moments.length - 1);
    chosen = window.ganlabChoice.chosen();
    put(place(chosen));
  }

  /** @param {number} at */
  function put(at) {
    const { step, kept } = moments[at];
    find("moment").value = String(at);
    const words = window.ganlabWords.moment(step, kept, at === newest());
    find("moment-words").textContent = words;
    find("moment").setAttribute("aria-valuetext", words);
  }

  // The saved sheet that stands for a model without a checkpoint; null where the model draws.
  /** @param {string | null} model */
  function sheet(model) {
    const at = moments.findIndex((_, index) => name(index) === model);
    if (at < 0 || moments[at].kept) return null;
    return { step: moments[at].step, address: new URL(`../api/runs/${encodeURIComponent(run)}/sheets/${moments[at].step}.png`, location.href).href };
  }

  // What Gradio's widgets hold once a moment is chosen: the model by its name, for the panels that can show the run.
  /** @param {ChoiceState} state */
  function choose(state) {
    const { panels = [] } = JSON.parse(state.served || "{}");
    const served = JSON.stringify({ name: chosen, panels });
    return { ...window.ganlabChoice.show({ ...state, served }), name: chosen, served };
  }

  document.addEventListener("input", (event) => {
    const input = /** @type {HTMLInputElement} */ (event.target);
    if (input.id !== "moment") return;
    put(Number(input.value));
    chosen = name(Number(input.value));
    if (window.ganlabChoice.opened() === "latent") window.ganlab.at(chosen);
  });
  document.addEventListener("change", (event) => {
    if (/** @type {Element} */ (event.target).id !== "moment") return;
    clearTimeout(rest); // a key that is held down changes it many times
    rest = setTimeout(() => find("moment-chosen").click(), SETTLED);
  });
  new MutationObserver(() => {
    const known = /** @type {HTMLElement | null} */ (document.querySelector("#moments-known [data-run]"));
    const now = `${known?.dataset.run} ${known?.dataset.steps} ${window.ganlabChoice.chosen()}`;
    if (now === last || !known) return;
    last = now;
    read();
  }).observe(document.documentElement, { childList: true, subtree: true });

  return { sheet, choose };
})();
