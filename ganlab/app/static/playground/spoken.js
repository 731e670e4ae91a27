// @ts-check
// What a screen reader says of Gradio's own parts: some buttons that are pictures have no name, and some names do not fit.
"use strict";

(() => {
  let looking = 0; // the frame that looks next: once for all changes before it

  function mend() {
    looking = 0;
    document.querySelectorAll("button.gallery-item:not([aria-label])").forEach((button) => {
      const place = [...(button.parentElement?.children ?? [])].indexOf(button) + 1;
      button.setAttribute("aria-label", window.ganlabWords.example(place));
    });
    document.querySelectorAll("button:not([aria-label]) > .image-frame").forEach((picture) => {
      picture.parentElement?.setAttribute("aria-label", window.ganlabWords.enlarge);
    });
    // A name that is not what stands on the button cannot be spoken to it; a box without content has no use for one.
    document.querySelectorAll("button.upload-container[aria-label], div.empty[aria-label]").forEach((one) => one.removeAttribute("aria-label"));
  }

  new MutationObserver(() => (looking ||= requestAnimationFrame(mend))).observe(document, { subtree: true, childList: true });
})();
