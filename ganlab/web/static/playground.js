// The playground's pictures. Gradio's widgets call draw() with their values; one request is in flight, the newest wins.
"use strict";

window.ganlab = (() => {
  const SETTLED = 150; // milliseconds without a new wish before the sheet of samples follows
  const find = (id) => document.getElementById(id);
  let wanted = null;
  let busy = false;
  let settle = 0;
  let sheetShown = "";

  const NAMES = ["model", "seed", "label", "truncation", "count", "everyLabel"];
  const wish = (values) => ({
    ...Object.fromEntries(NAMES.map((name, index) => [name, values[index]])),
    offsets: values.slice(NAMES.length).map(Number),
  });

  function query(state, extra = {}) {
    const pairs = { model: state.model, seed: Math.trunc(Number(state.seed)) || 0 };
    if (state.label !== null && state.label !== undefined && state.label !== "") pairs.label = state.label;
    if (state.truncation !== 1) pairs.truncation = state.truncation;
    const last = state.offsets.findLastIndex((value) => value !== 0);
    if (last >= 0) pairs.offsets = state.offsets.slice(0, last + 1).join(",");
    return new URLSearchParams({ ...pairs, ...extra }).toString();
  }

  const pictureUrl = (state, extra) => new URL(`../api/picture?${query(state, extra)}`, location.href);

  function sheetExtra(state) {
    return state.everyLabel ? { n: Math.round(Math.sqrt(state.count)), every_label: 1 } : { n: state.count };
  }

  function draw(...values) {
    const state = wish(values);
    if (!state.model) return;
    wanted = state;
    clearTimeout(settle);
    settle = setTimeout(() => sheet(state), SETTLED);
    if (!busy) pump();
  }

  async function pump() {
    busy = true;
    while (wanted) {
      const state = wanted;
      wanted = null;
      await show(state);
    }
    busy = false;
  }

  async function show(state) {
    const started = performance.now();
    try {
      const response = await fetch(pictureUrl(state));
      if (!response.ok) throw new Error((await response.json()).error);
      await put(find("picture"), await response.blob());
      const milliseconds = Math.round(performance.now() - started);
      say(`Step ${Number(response.headers.get("X-Step")).toLocaleString("en")} · drawn in ${milliseconds} ms`);
      find("picture").dataset.step = response.headers.get("X-Step");
      find("picture").dataset.drawn = query(state);
    } catch (error) {
      say(error instanceof TypeError ? "The server does not answer. Is it still running?" : error.message, true);
    }
  }

  async function put(image, blob) {
    const old = image.src;
    image.src = URL.createObjectURL(blob);
    await image.decode();
    if (old.startsWith("blob:")) URL.revokeObjectURL(old);
  }

  function say(text, wrong = false) {
    find("caption").textContent = text;
    find("caption").classList.toggle("wrong", wrong);
  }

  async function sheet(state) {
    const address = pictureUrl(state, sheetExtra(state));
    find("download").href = pictureUrl(state, { ...sheetExtra(state), scale: 4, download: 1 });
    find("link").href = link(state);
    const version = `${address} ${find("picture").dataset.step}`;
    if (version === sheetShown) return;
    try {
      const response = await fetch(address);
      if (response.ok) await put(find("sheet"), await response.blob());
      if (response.ok) sheetShown = version;
    } catch {
      // The picture above has said what is wrong.
    }
  }

  const link = (state) => new URL(`../play?${query(state, { count: state.count, every_label: state.everyLabel ? 1 : 0 })}`, location.href);

  // What the widgets hold after a click; Gradio assigns the returned values to them without asking for a picture.
  function resample(...values) {
    values[1] = Math.floor(Math.random() * 1e6);
    draw(...values);
    return values[1];
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

  if (window.frameElement) fit();
  return { draw, resample, reset };
})();
