// The playground's pictures. Gradio's widgets call draw() with their values; one request is in flight, the newest wins.
// The sliders are heard directly: on its way through Gradio an event takes as long as the server takes for the picture.
"use strict";

// A picture from the server. What it refuses because others want theirs, it will draw in `again` milliseconds.
window.ganlabAsk = async (url) => {
  const response = await fetch(url, { cache: "no-store" });
  if (response.ok) return response;
  const again = [429, 503].includes(response.status) ? 1000 * (Number(response.headers.get("Retry-After")) || 1) : 0;
  const told = await response.json().catch(() => ({ error: "The server cannot draw right now." }));
  throw Object.assign(new Error(told.error), { again });
};

// Ask in turn: one request is in flight, the newest wish wins, and the last one is granted however often it was refused.
window.ganlabTurns = (show) => {
  let wanted = null;
  let busy = false;

  async function pump() {
    busy = true;
    while (wanted) {
      const wish = wanted;
      wanted = null;
      const again = await show(wish);
      if (!again) continue;
      await new Promise((resolve) => setTimeout(resolve, again));
      wanted ??= wish;
    }
    busy = false;
  }

  return {
    want(wish) {
      wanted = wish;
      if (!busy) pump();
    },
    busy: () => busy,
  };
};

window.ganlab = (() => {
  const SETTLED = 150; // milliseconds without a new wish before caption, links and the sheet of samples follow
  const HEADER = 60; // pixels of Streamlit's bar, which covers what is below it
  const find = (id) => document.getElementById(id);
  let latest = null; // the values of all widgets
  let settle = 0;
  let took = 0; // milliseconds for the newest picture
  let failed = false;

  // The order of draw()'s values; the directions follow.
  const NAMES = ["model", "seed", "label", "truncation", "count", "everyLabel", "held", "lock"];
  const wish = (values) => ({
    ...Object.fromEntries(NAMES.map((name, index) => [name, values[index]])),
    offsets: values.slice(NAMES.length).map(Number),
  });

  function query(state, extra = {}) {
    const pairs = { model: state.model, seed: Math.trunc(Number(state.seed)) || 0 };
    if (state.label !== null && state.label !== undefined && state.label !== "") pairs.label = state.label;
    if (state.truncation !== 1) pairs.truncation = state.truncation;
    if (state.held && !extra.n) pairs.z = state.held; // a sheet shows other z
    const last = state.offsets.findLastIndex((value) => value !== 0);
    if (last >= 0) pairs.offsets = state.offsets.slice(0, last + 1).join(",");
    return new URLSearchParams({ ...pairs, ...extra }).toString();
  }

  const pictureUrl = (state, extra) => new URL(`../api/picture?${query(state, extra)}`, location.href);

  function sheetExtra(state) {
    return state.everyLabel ? { n: Math.round(Math.sqrt(state.count)), every_label: 1 } : { n: state.count };
  }

  function draw(...values) {
    latest = values;
    const state = wish(values);
    if (!state.model) return;
    clearTimeout(settle);
    settle = setTimeout(() => settled(state), SETTLED);
    delete find("copy-z").dataset.latent; // that of the picture before
    turns.want(state);
  }

  const turns = window.ganlabTurns(show);

  async function show(state) {
    const started = performance.now();
    try {
      const picture = find("picture");
      const made = (await window.ganlabLocal.draw(state)) ?? (await fetched(state));
      paint(picture, await createImageBitmap(made.pixels)); // half the time that an <img> takes
      took = Math.round(performance.now() - started);
      Object.assign(picture.dataset, { step: made.step, drawn: query(state), by: made.by ?? "browser" });
      failed = false;
    } catch (error) {
      failed = true;
      if (error.again) say("Many pictures are asked for; this one follows.");
      else say(error instanceof TypeError ? "The server does not answer. Is it still running?" : error.message, true);
      return error.again;
    }
  }

  async function fetched(state) {
    const response = await window.ganlabAsk(pictureUrl(state));
    return { pixels: await response.blob(), step: response.headers.get("X-Step"), by: "server" };
  }

  function paint(canvas, bitmap) {
    if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) Object.assign(canvas, { width: bitmap.width, height: bitmap.height });
    canvas.getContext("bitmaprenderer").transferFromImageBitmap(bitmap);
  }

  function say(text, wrong = false) {
    find("caption").textContent = text;
    find("caption").classList.toggle("wrong", wrong);
  }

  function settled(state) {
    if (turns.busy()) return void (settle = setTimeout(() => settled(state), SETTLED));
    if (failed) return;
    say(`Step ${Number(find("picture").dataset.step).toLocaleString("en")} · drawn in ${took} ms`);
    const address = pictureUrl(state, sheetExtra(state));
    find("download").href = pictureUrl(state, { ...sheetExtra(state), scale: 4, download: 1 });
    find("link").href = link(state);
    // The step is in the address because browsers reuse a picture whose address has not changed.
    address.searchParams.set("step", find("picture").dataset.step ?? "");
    if (find("sheet").src !== address.href) find("sheet").src = address.href;
    judge(state);
  }

  // When the sliders rest: D's score and the z of this very picture.
  async function judge(state) {
    try {
      const response = await fetch(new URL(`../api/shown?${query(state)}`, location.href), { cache: "no-store" });
      const { latent, score } = await response.json();
      if (!response.ok || query(wish(latest)) !== query(state)) return;
      find("copy-z").dataset.latent = latent;
      find("judged").textContent = score === null ? "No D here to score it" : `D’s score ${score.toFixed(2)}`;
      find("judged").title = score === null ? "This model travels without its discriminator." : "In the units of the live charts.";
    } catch {
      // the picture says it, when the server is gone
    }
  }

  const link = (state) => new URL(`../play?${query(state, { count: state.count, every_label: state.everyLabel ? 1 : 0, ...(state.lock && { lock: 1 }) })}`, location.href);

  // What the widgets hold after a click; Gradio assigns the returned values to them without asking for a picture.
  function resample(...values) {
    values[1] = Math.floor(Math.random() * 1e6);
    return [values[1], reseed(...values)];
  }

  function reseed(...values) {
    draw(...values.with(NAMES.indexOf("held"), ""));
    return "";
  }

  function reset(...values) {
    const neutral = [...values.slice(0, 3), 1, ...values.slice(4, NAMES.length), ...values.slice(NAMES.length).map(() => 0)];
    draw(...neutral);
    return [1, ...neutral.slice(NAMES.length)];
  }

  async function copy(link) {
    try {
      await navigator.clipboard.writeText(link.href);
      link.textContent = "Link copied";
    } catch {
      window.prompt("The link to this picture:", link.href); // no clipboard without https or localhost
    }
    setTimeout(() => (link.textContent = "Copy link"), 1500);
  }

  document.addEventListener(
    "input",
    (event) => {
      const sliders = [...document.querySelectorAll(".sliders .head")].map((head) => head.parentElement);
      const index = sliders.findIndex((slider) => slider.contains(event.target));
      if (index < 0 || !latest || event.target.value === "") return;
      const truncation = index === sliders.length - 1; // the last one, below the directions
      draw(...latest.with(truncation ? NAMES.indexOf("truncation") : NAMES.length + index, Number(event.target.value)));
    },
    true,
  );

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("#link");
    if (!link) return;
    event.preventDefault();
    copy(link);
  });

  // Embedded in a page of the same origin: as tall as the content, so that only the page scrolls.
  function fit() {
    const content = document.querySelector(".gradio-container .main");
    if (!content) return void requestAnimationFrame(fit); // Gradio is still building the page
    const height = () => `${Math.ceil(content.getBoundingClientRect().bottom + scrollY)}px`;
    new ResizeObserver(() => (window.frameElement.style.height = height())).observe(content);
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

  if (window.frameElement) fit();
  (window.frameElement ? parent.document : document).addEventListener("scroll", follow, { capture: true, passive: true });
  return { draw, resample, reseed, reset };
})();
