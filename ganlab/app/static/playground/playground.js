// @ts-check
// The pictures of "Draw from z". Gradio's widgets call draw() with their values by name; one request is in flight, the newest
// wins. Sliders are listened to directly: on its way through Gradio an event takes as long as the server takes for the picture.
"use strict";

window.ganlabFind = (id) => document.getElementById(id);

// A picture from the server. One that it refuses because others are drawn first, it will draw in `again` milliseconds.
window.ganlabAsk = async (url) => {
  const response = await fetch(url, { cache: "no-store" });
  if (response.ok) return response;
  const again = [429, 503].includes(response.status) ? 1000 * (Number(response.headers.get("Retry-After")) || 1) : 0;
  const answer = await response.json().catch(() => ({}));
  throw Object.assign(new Error(answer.error ?? window.ganlabWords.refused), { again });
};

// The text for an error of `ganlabAsk`, and whether it is more than a delay.
window.ganlabProblem = (error) => {
  if (error.again) return { text: window.ganlabWords.busy, wrong: false };
  return { text: error instanceof TypeError ? window.ganlabWords.unreachable : error.message, wrong: true };
};

// Requests in turn: one is in flight, the newest state wins, and the last one is drawn however often it was refused.
window.ganlabTurns = (show) => {
  /** @type {any} */
  let wanted = null;
  let busy = false;

  async function pump() {
    busy = true;
    while (wanted) {
      const state = wanted;
      wanted = null;
      const again = await show(state);
      if (!again) continue;
      await new Promise((resolve) => setTimeout(resolve, again));
      wanted ??= state;
    }
    busy = false;
  }

  return {
    want(state) {
      wanted = state;
      if (!busy) pump();
    },
    busy: () => busy,
  };
};

// The picture route's query for a state, as short as it can be.
window.ganlabQuery = (state, extra = {}) => {
  /** @type {Record<string, string>} */
  const pairs = { model: state.model ?? "", seed: String(Math.trunc(Number(state.seed)) || 0) };
  if (state.label !== null && state.label !== undefined) pairs.label = String(state.label);
  if (state.truncation !== 1) pairs.truncation = String(state.truncation);
  if (state.z && !("n" in extra)) pairs.z = state.z; // a sheet shows other z
  if (state.shift) pairs.shift = state.shift;
  const last = state.offsets.findLastIndex((value) => value !== 0);
  if (last >= 0) pairs.offsets = state.offsets.slice(0, last + 1).join(",");
  return new URLSearchParams({ ...pairs, ...extra }).toString();
};

window.ganlab = (() => {
  const SETTLED = 150; // milliseconds without a change before caption, links and the sheet of samples follow
  const HEADER = 60; // pixels of Streamlit's bar, which covers what is below it
  const find = window.ganlabFind;
  const query = window.ganlabQuery;
  const words = window.ganlabWords;
  /** @type {LatentState | null} */
  let held = null; // what Gradio's widgets hold
  /** @type {LatentState | null} */
  let latest = null; // the same, moved along the person's own directions
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let settle;
  let took = 0; // milliseconds for the newest picture
  let failed = false;

  /** @param {LatentState} state @param {Record<string, string>} [extra] */
  const pictureUrl = (state, extra) => new URL(`../api/picture?${query(state, extra)}`, location.href);

  /** @param {LatentState} state @returns {Record<string, string>} */
  function sheetExtra(state) {
    return state.every_label ? { n: String(Math.round(Math.sqrt(state.count))), every_label: "1" } : { n: String(state.count) };
  }

  /** Whether the panel's pieces are on the page: Gradio puts them there, and takes them away, one after the other. */
  const there = () => Boolean(find("picture") && find("copy-z"));

  /** @param {LatentState} given */
  function draw(given) {
    held = given;
    window.ganlabDirections.use(given.model);
    const state = { ...given, shift: window.ganlabDirections.moved(given.shift) };
    latest = state;
    if (!state.model || !there()) return;
    clearTimeout(settle);
    const saved = window.ganlabMoments.sheet(state.model);
    find("picture").hidden = Boolean(saved);
    find("moment-sheet").hidden = !saved;
    if (saved) {
      if (find("moment-sheet").src !== saved.address) find("moment-sheet").src = saved.address;
      find("link").href = link(state);
      find("picture").dataset.drawn = query(state);
      return say({ text: words.sheetAlone(saved.step) });
    }
    settle = setTimeout(() => settled(state), SETTLED);
    delete find("copy-z").dataset.latent; // of the picture before
    turns.want(state);
  }

  const turns = window.ganlabTurns(show);

  /** @param {LatentState} state */
  async function show(state) {
    const started = performance.now();
    try {
      const picture = find("picture");
      const made = (await window.ganlabLocal.draw(state)) ?? (await fetched(state));
      paint(picture, await createImageBitmap(made.pixels)); // half the time that an <img> takes
      took = Math.round(performance.now() - started);
      Object.assign(picture.dataset, { step: made.step, drawn: query(state), by: made.by });
      failed = false;
    } catch (/** @type {any} */ error) {
      failed = true;
      say(window.ganlabProblem(error));
      return error.again;
    }
  }

  /** @param {LatentState} state @returns {Promise<Drawn>} */
  async function fetched(state) {
    const response = await window.ganlabAsk(pictureUrl(state));
    return { pixels: await response.blob(), step: response.headers.get("X-Step"), by: "server" };
  }

  /** @param {HTMLCanvasElement} canvas @param {ImageBitmap} bitmap */
  function paint(canvas, bitmap) {
    if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) Object.assign(canvas, { width: bitmap.width, height: bitmap.height });
    canvas.getContext("bitmaprenderer")?.transferFromImageBitmap(bitmap);
  }

  /** @param {{ text: string, wrong?: boolean }} caption */
  function say({ text, wrong = false }) {
    find("caption").textContent = text;
    find("caption").classList.toggle("wrong", wrong);
  }

  /** @param {LatentState} state */
  function settled(state) {
    if (turns.busy()) return void (settle = setTimeout(() => settled(state), SETTLED));
    if (failed || !there()) return;
    say({ text: words.drawn(Number(find("picture").dataset.step), took) });
    const address = pictureUrl(state, sheetExtra(state));
    find("download").href = pictureUrl(state, { ...sheetExtra(state), scale: "4", download: "1" });
    find("link").href = link(state);
    find("link").hidden = Boolean(state.model?.startsWith("loaded-")); // weights that only this visitor has
    // The step is in the address because browsers reuse a picture whose address has not changed.
    address.searchParams.set("step", find("picture").dataset.step ?? "");
    if (find("sheet").src !== address.href) find("sheet").src = address.href;
    showScore(state);
    if (held) window.ganlabHistory.note(held, window.ganlabDirections.values());
  }

  // When the sliders rest: D's score and the z of this very picture.
  /** @param {LatentState} state */
  async function showScore(state) {
    try {
      const response = await fetch(new URL(`../api/shown?${query(state)}`, location.href), { cache: "no-store" });
      const { latent, score } = await response.json();
      if (!response.ok || !latest || query(latest) !== query(state)) return;
      find("copy-z").dataset.latent = latent;
      const { text, hint } = words.score(score);
      Object.assign(find("score"), { textContent: text, title: hint });
    } catch {
      // the picture's caption reports a server that is gone
    }
  }

  /** @param {LatentState} state */
  function link(state) {
    const extra = { count: String(state.count), every_label: state.every_label ? "1" : "0", ...(state.lock && { lock: "1" }) };
    return new URL(`../play?${query(state, extra)}`, location.href);
  }

  // The same picture at another moment of the run.
  /** @param {string} model */
  function at(model) {
    if (held) draw({ ...held, model });
  }

  // The same once more: one of the person's own directions was moved.
  function again() {
    if (held) draw(held);
  }

  // A picture that was drawn before; of a class that the model still has, as it is the same model.
  /** @param {LatentState} state @param {ReturnType<typeof window.ganlabHistory.undo>} before */
  function back(state, before) {
    const { seed, z, shift, label, truncation, offsets } = before?.state ?? state;
    const changed = { seed, z, shift, label, truncation, offsets };
    if (before) {
      window.ganlabDirections.put(before.own);
      draw({ ...state, ...changed });
    }
    return changed;
  }

  /** @param {LatentState} state */
  const undo = (state) => back(state, window.ganlabHistory.undo());
  /** @param {LatentState} state */
  const redo = (state) => back(state, window.ganlabHistory.redo());
  /** @param {LatentState} state */
  const recall = (state) => back(state, window.ganlabHistory.recalled());

  // What the widgets hold after a click: Gradio gives them the returned values, without asking for a picture.
  /** @param {LatentState} state */
  function resample(state) {
    const changed = { seed: Math.floor(Math.random() * 1e6), z: "" };
    draw({ ...state, ...changed });
    return changed;
  }

  /** @param {LatentState} state */
  function reseed(state) {
    draw({ ...state, z: "" });
    return { z: "" };
  }

  /** @param {LatentState} state */
  function reset(state) {
    const changed = { truncation: 1, shift: "", offsets: state.offsets.map(() => 0) };
    window.ganlabDirections.put();
    draw({ ...state, ...changed });
    return changed;
  }

  /** @param {HTMLAnchorElement} link */
  async function copy(link) {
    const before = link.textContent;
    try {
      await navigator.clipboard.writeText(link.href);
      link.textContent = words.copied("Link");
    } catch {
      window.prompt(words.toCopy("Link"), link.href); // no clipboard without https or localhost
    }
    setTimeout(() => (link.textContent = before), 1500);
  }

  // The sliders carry the ids that latent/layout.py gives them: "truncation", and "direction-0" on for the offsets.
  document.addEventListener(
    "input",
    (event) => {
      const input = /** @type {HTMLInputElement} */ (event.target);
      const id = input.closest?.("#truncation, [id^=direction-]")?.id;
      if (!id || !held || input.value === "") return;
      const value = Number(input.value);
      if (id === "truncation") draw({ ...held, truncation: value });
      else draw({ ...held, offsets: held.offsets.with(Number(id.slice("direction-".length)), value) });
    },
    true,
  );

  document.addEventListener("click", (event) => {
    const link = /** @type {Element} */ (event.target).closest?.("#link");
    if (!link) return;
    event.preventDefault();
    copy(/** @type {HTMLAnchorElement} */ (link));
  });

  // Embedded in a page of the same origin: as tall as the content, so that only the page scrolls.
  /** @param {HTMLElement} frame */
  function fit(frame) {
    const content = document.querySelector(".gradio-container .main");
    if (!content) return void requestAnimationFrame(() => fit(frame)); // Gradio is still building the page
    const height = () => `${Math.ceil(content.getBoundingClientRect().bottom + scrollY)}px`;
    new ResizeObserver(() => (frame.style.height = height())).observe(content);
  }

  // On a phone the picture stays in sight above the sliders; not by `sticky`, since the page around a frame scrolls it as a whole.
  function follow() {
    const drawn = find("drawn");
    if (!drawn) return;
    const shift = Number.parseFloat(drawn.style.getPropertyValue("--shift")) || 0;
    const top = window.frameElement ? HEADER - window.frameElement.getBoundingClientRect().top : 0;
    const box = drawn.getBoundingClientRect();
    const above = top - (box.top - shift);
    const room = drawn.nextElementSibling.getBoundingClientRect().bottom - (box.bottom - shift);
    drawn.style.setProperty("--shift", `${Math.max(0, Math.min(above, room))}px`);
  }

  if (window.frameElement) fit(/** @type {HTMLElement} */ (window.frameElement));
  (window.frameElement ? parent.document : document).addEventListener("scroll", follow, { capture: true, passive: true });
  return { draw, at, again, resample, reseed, reset, undo, redo, recall };
})();
