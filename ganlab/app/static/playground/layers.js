// @ts-check
// The table of "Layers" is scrolled, never the page, so that the chosen layer is in sight.
"use strict";

window.ganlabLayers = {
  reveal() {
    const row = document.querySelector(".layers .chosen");
    const table = row?.closest(".layers");
    if (row && table) table.scrollTop += row.getBoundingClientRect().top - table.getBoundingClientRect().top - table.clientHeight / 2;
  },
};
