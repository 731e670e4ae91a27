// The playground is whole when the open panel has its widgets, and the picture that it may have.
window.ganlabArriving(() => {
  const panel = [...document.querySelectorAll('.gradio-container [role="tabpanel"]')].find((one) => one.getBoundingClientRect().height > 0);
  const undrawn = panel?.querySelector("#picture:not([data-drawn])");
  return panel !== undefined && !undrawn;
}, 150, 10_000);
