// @ts-check
// The mixture of "Classes", drawn while its slider moves; one request is in flight, the newest wins. Copying of links and
// latents from the figures of Explore and Classes.
"use strict";

window.ganlabMix = (() => {
  const find = window.ganlabFind;
  const words = window.ganlabWords;
  /** @type {MixtureState | null} */
  let latest = null;

  /** @param {MixtureState} state */
  function draw(state) {
    latest = state;
    turns.want(state);
  }

  const turns = window.ganlabTurns(show);

  // The classes in the order of their labels.
  function names() {
    return [...document.querySelectorAll("#mixture-first label")].map((label) => label.textContent.trim());
  }

  /** @param {MixtureState} state */
  async function show({ model, seed, truncation, first, second, share }) {
    const known = names();
    const [label, mix] = [known.indexOf(first), known.indexOf(second)];
    if (!model || label < 0 || mix < 0) return;
    const pairs = { seed: Math.trunc(Number(seed)) || 0, truncation, label, mix, share };
    const query = new URLSearchParams([["model", model], ...Object.entries(pairs).map(([name, value]) => [name, String(value)])]);
    try {
      const response = await window.ganlabAsk(new URL(`../api/picture?${query}`, location.href));
      const bitmap = await createImageBitmap(await response.blob());
      const canvas = find("mixture");
      Object.assign(canvas, { width: bitmap.width, height: bitmap.height });
      canvas.getContext("bitmaprenderer").transferFromImageBitmap(bitmap);
      canvas.dataset.drawn = query;
      say({ text: words.mixture(first, second, share) });
    } catch (/** @type {any} */ error) {
      say(window.ganlabProblem(error));
      return error.again;
    }
  }

  /** @param {{ text: string, wrong?: boolean }} caption */
  function say({ text, wrong = false }) {
    find("mixture-caption").textContent = text;
    find("mixture-caption").classList.toggle("wrong", wrong);
  }

  // Listened to directly: on its way through Gradio an event takes as long as the server takes for the picture.
  document.addEventListener(
    "input",
    (event) => {
      const input = /** @type {HTMLInputElement} */ (event.target);
      if (!latest || input.value === "" || !input.closest?.("#mixture-share")) return;
      draw({ ...latest, share: Math.min(1, Math.max(0, Number(input.value))) });
    },
    true,
  );

  /** @param {string} text @param {string} what @param {HTMLElement} element */
  async function copy(text, what, element) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      window.prompt(words.toCopy(what), text); // no clipboard without https or localhost
    }
    element.classList.add("copied");
    const caption = element.matches("a") ? element : element.parentElement?.querySelector("figcaption");
    if (!caption) return;
    const before = caption.dataset.before ?? caption.textContent;
    caption.dataset.before = before;
    caption.textContent = words.copied(what);
    setTimeout(() => {
      caption.textContent = before;
      delete caption.dataset.before;
      element.classList.remove("copied");
    }, 1500);
  }

  document.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    const link = /** @type {HTMLElement | null} */ (target.closest?.(".copy-link"));
    const latent = /** @type {HTMLElement | null} */ (target.closest?.(".latent"));
    if (link) {
      event.preventDefault();
      copy(new URL(`../play${link.getAttribute("href")}`, location.href).href, "Link", link);
    } else if (latent) {
      event.preventDefault();
      if (latent.dataset.latent) copy(latent.dataset.latent, "Latent", latent);
    }
  });

  return { draw };
})();
