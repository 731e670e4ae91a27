// @ts-check
// Where something failed, a person reads it inside the panel, below what was used last. Gradio puts every failure, ours
// (ganlab/app/playground/failures.py) and its own, into a notice above the page, which is out of sight: this takes it from there.
"use strict";

window.ganlabProblems = (() => {
  /** @type {Element | null} */
  let used = null; // what a person used last
  /** @type {WeakSet<Element>} */
  const taken = new WeakSet();
  const slot = document.createElement("div");
  slot.id = "problem";
  slot.setAttribute("role", "alert");

  // The part of a column that holds what was used, so that the words stand below it; the head of the page before anything was.
  function above() {
    let part = used?.isConnected && !used.closest("[role=tab]") ? used : null;
    while (part && !part.parentElement?.matches(".column, .tabitem, [role=tabpanel]")) part = part.parentElement;
    return part ?? document.querySelector(".top");
  }

  /** @param {string[]} texts @param {boolean} [wrong] */
  function show(texts, wrong = true) {
    const close = document.createElement("button");
    Object.assign(close, { type: "button", textContent: "×", onclick: clear });
    close.setAttribute("aria-label", window.ganlabWords.close);
    const words = texts.map((text) => Object.assign(document.createElement("p"), { textContent: text }));
    slot.classList.toggle("wrong", wrong);
    slot.replaceChildren(...words, close);
    above()?.after(slot);
    slot.scrollIntoView({ block: "nearest" });
  }

  function clear() {
    slot.remove();
  }

  function take() {
    const texts = [...document.querySelectorAll("[data-testid=toast-text]")].filter((text) => !taken.has(text));
    if (!texts.length) return;
    for (const text of texts) taken.add(text); // Gradio lets a notice that is closed stay for a moment
    const notices = texts.map((text) => text.closest("[data-testid=toast-body]"));
    const words = new Set(texts.map((text) => text.textContent?.trim() ?? ""));
    show([...words].map((text) => (["", "Error"].includes(text) ? window.ganlabWords.unforeseen : text)), notices.some((notice) => notice?.matches(".error")));
    for (const notice of new Set(notices)) /** @type {HTMLElement | null | undefined} */ (notice?.querySelector("[data-testid=toast-close]"))?.click();
  }

  for (const kind of ["pointerdown", "keydown", "input", "change", "drop"]) {
    document.addEventListener(
      kind,
      (event) => {
        const target = /** @type {Element} */ (event.target);
        if (event.isTrusted && target instanceof Element && !slot.contains(target)) used = target;
      },
      true,
    );
  }
  // What is done next makes the words about what was done before old.
  for (const kind of ["click", "input"]) {
    document.addEventListener(kind, (event) => {
      const target = /** @type {Element} */ (event.target);
      if (event.isTrusted && !slot.contains(target) && target.closest?.("button, input, textarea, label, [role=option]")) clear();
    }, true);
  }
  new MutationObserver(take).observe(document.documentElement, { childList: true, subtree: true });

  return { show };
})();
