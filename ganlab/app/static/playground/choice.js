// @ts-check
// The one model of Play: the panel that is open is given the chosen model, the others get it when they open.
"use strict";

window.ganlabChoice = (() => {
  let opened = "latent"; // the panel's name, as ganlab/app/playground/__init__.py gives it
  let chosen = ""; // the model's

  // `served` holds the chosen model's name and which panels can show it; the other values are the models that the panels show.
  /** @param {ChoiceState} state */
  function show({ served, ...models }) {
    const { name = "", panels = [] } = JSON.parse(served || "{}");
    chosen = name;
    return panels.includes(opened) ? { ...models, [opened]: name } : models;
  }

  /** @param {string} panel @param {ChoiceState} state */
  function open(panel, state) {
    opened = panel;
    return show(state);
  }

  return { show, open, opened: () => opened, chosen: () => chosen };
})();
