// The Classes panel's mixture, drawn while its slider moves; one request is in flight, the newest wins. Copying of links and
// latents from the figures of Explore and Classes.
"use strict";

window.ganlabMix = (() => {
  const find = (id) => document.getElementById(id);
  let latest = null;

  // The order of the values: model, seed, truncation, first and second class, share of the second.
  function draw(...values) {
    latest = values;
    turns.want(values);
  }

  const turns = window.ganlabTurns(show);

  function names() {
    return [...document.querySelectorAll("#mixture-first label")].map((label) => label.textContent.trim());
  }

  async function show([model, seed, truncation, first, second, share]) {
    const known = names();
    const [label, mix] = [known.indexOf(first), known.indexOf(second)];
    if (!model || label < 0 || mix < 0) return;
    const query = new URLSearchParams({ model, seed: Math.trunc(Number(seed)) || 0, truncation, label, mix, share });
    try {
      const response = await window.ganlabAsk(new URL(`../api/picture?${query}`, location.href));
      const bitmap = await createImageBitmap(await response.blob());
      const canvas = find("mixture");
      Object.assign(canvas, { width: bitmap.width, height: bitmap.height });
      canvas.getContext("bitmaprenderer").transferFromImageBitmap(bitmap);
      canvas.dataset.drawn = query;
      const percent = Math.round(share * 100);
      say(`${100 - percent} % ${first}, ${percent} % ${second}`);
    } catch (error) {
      if (error.again) say("Many pictures are asked for; this one follows.");
      else say(error instanceof TypeError ? "The server does not answer. Is it still running?" : error.message, true);
      return error.again;
    }
  }

  function say(text, wrong = false) {
    find("mixture-caption").textContent = text;
    find("mixture-caption").classList.toggle("wrong", wrong);
  }

  // Heard directly: on its way through Gradio an event takes as long as the server takes for the picture.
  document.addEventListener(
    "input",
    (event) => {
      if (latest && event.target.value !== "" && event.target.closest?.("#mixture-share")) {
        draw(...latest.with(5, Math.min(1, Math.max(0, Number(event.target.value)))));
      }
    },
    true,
  );

  async function copy(text, what, element) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      window.prompt(`${what}, to copy:`, text); // no clipboard without https or localhost
    }
    element.classList.add("copied");
    const words = element.matches("a") ? element : element.parentElement.querySelector("figcaption");
    const before = words.dataset.before ?? words.textContent;
    words.dataset.before = before;
    words.textContent = `${what} copied`;
    setTimeout(() => {
      words.textContent = before;
      delete words.dataset.before;
      element.classList.remove("copied");
    }, 1500);
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.(".copy-link");
    const latent = event.target.closest?.(".latent");
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
