// The generator in this browser: onnxruntime-web from this server or a CDN, as the person chose. draw() gives the pixels of
// a state, or null where the server has to draw: while something is loading, and after a failure, which is one sentence.
"use strict";

window.ganlabLocal = (() => {
  const VERSION = "1.30.0";
  const CDN = `https://cdn.jsdelivr.net/npm/onnxruntime-web@${VERSION}/dist/`;
  const SCRIPT = "ort.wasm.bundle.min.mjs";
  const WASM = "ort-wasm-simd-threaded.wasm";
  const HASHES = {
    [SCRIPT]: "sha384-PLWz+nHEVHpjwBsO0YVdvQj6n5814Iv8E3b8FG0Rp/uIAtjFMCKOpP66iPzedrIG",
    [WASM]: "sha384-vjBJ1z7qrhkTyYsNqKeF6c7N+nOJSU94czEo+tvZcu8G75JparGq9kB+kTnEUNVM",
  };
  const PATIENCE = 20000; // milliseconds without a byte
  let source = "server";
  let runtime = null; // a promise of onnxruntime-web
  let model = null; // { name, step, session, classes } that can draw
  let loading = null; // the name that is on its way
  const latents = new Map();
  const drawn = []; // when the pictures of the last second came

  const api = (path, query = {}) => new URL(`../api/${path}?${new URLSearchParams(query)}`, location.href);

  function tell(state, text) {
    const place = document.getElementById("local-state");
    if (!place) return;
    place.dataset.state = state;
    place.textContent = text;
    place.classList.toggle("wrong", state === "failed");
  }

  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

  // The whole body, with its progress told; an error is one sentence.
  async function bytes(url, what, hash) {
    const host = url.host === location.host ? "this server" : url.host;
    const unreachable = `${what} could not be loaded from ${host}`;
    const control = new AbortController();
    let timer = setTimeout(() => control.abort(), PATIENCE);
    const parts = [];
    let done = 0;
    try {
      const response = await fetch(url, { signal: control.signal, credentials: url.host === location.host ? "same-origin" : "omit" });
      if (!response.ok) throw new Error((await response.json().catch(() => ({}))).error ?? `${unreachable} (${response.status}).`, { cause: "told" });
      const total = Number(response.headers.get("Content-Length")) || 0;
      for (const reader = response.body.getReader(); ; ) {
        const part = await reader.read();
        clearTimeout(timer);
        if (part.done) break;
        timer = setTimeout(() => control.abort(), PATIENCE);
        parts.push(part.value);
        done += part.value.length;
        tell("loading", `Loading ${what}: ${megabytes(done)}${total >= done ? ` of ${megabytes(total)}` : ""}`);
      }
    } catch (error) {
      throw error.cause === "told" ? error : new Error(`${unreachable} (is there a connection?)`);
    } finally {
      clearTimeout(timer);
    }
    const body = new Uint8Array(await new Blob(parts).arrayBuffer());
    if (hash && (await digest(body)) !== hash) throw new Error(`What ${host} sent as ${what} is not the file that is known (wrong checksum).`);
    return body;
  }

  async function digest(body) {
    if (!crypto.subtle) throw new Error("A CDN's files can only be checked over https or on localhost: take the package from this server.");
    const found = new Uint8Array(await crypto.subtle.digest("SHA-384", body));
    return `sha384-${btoa(String.fromCharCode(...found))}`;
  }

  async function started(from) {
    const base = from === "cdn" ? CDN : String(api("ort/")).split("?")[0];
    const hash = (name) => (from === "cdn" ? HASHES[name] : undefined);
    const script = await bytes(new URL(SCRIPT, base), "onnxruntime-web", hash(SCRIPT));
    const wasm = await bytes(new URL(WASM, base), "onnxruntime-web's engine", hash(WASM));
    const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    const ort = await import(address);
    Object.assign(ort.env.wasm, { numThreads: 1, wasmBinary: wasm.buffer, wasmPaths: { wasm: String(new URL(WASM, base)) } });
    return ort;
  }

  async function load(name) {
    if (loading === name) return;
    loading = name;
    const from = source;
    try {
      runtime ??= started(from);
      const ort = await runtime;
      const facts = await latent(name, 0);
      const session = await ort.InferenceSession.create(await bytes(api("generator", { model: name }), "the generator"));
      if (source !== from || loading !== name) return;
      model = { name, session, step: facts.step, ort };
      drawn.length = 0;
      tell("ready", "Ready: this browser draws.");
    } catch (error) {
      if (source !== from) return;
      fail(error);
    } finally {
      if (loading === name) loading = null;
    }
  }

  function fail(error) {
    [source, runtime, model] = ["failed", null, null];
    tell("failed", `${String(error.message ?? error).split("\n")[0].slice(0, 200).replace(/[.:]?$/, "")}; the server goes on drawing.`);
  }

  // z, directions and facts of a model and a seed: asked for once.
  async function latent(name, seed) {
    const key = `${name}\n${seed}`;
    if (!latents.has(key)) {
      const response = await fetch(api("latent", { model: name, seed }), { cache: "no-store" });
      const answer = await response.json();
      if (!response.ok) throw new Error(answer.error);
      if (latents.size > 100) latents.clear();
      latents.set(key, answer);
    }
    return latents.get(key);
  }

  // What the server does in web/pictures.py: truncated, then moved along the directions.
  function moved({ z, directions }, state) {
    const from = state.held ? state.held.split(",").map(Number) : z;
    const result = Float32Array.from(from, (number) => state.truncation * number);
    state.offsets.forEach((offset, index) => {
      if (offset) directions[index]?.forEach((number, place) => (result[place] += offset * number));
    });
    return result;
  }

  async function draw(state) {
    if (source !== "cdn" && source !== "package") return null;
    if (model?.name !== state.model) return void load(state.model) ?? null;
    try {
      const facts = await latent(state.model, Math.trunc(Number(state.seed)) || 0);
      if (facts.step !== model.step) return (model = null), latents.clear(), void load(state.model) ?? null;
      const { Tensor } = model.ort;
      const z = moved(facts, state);
      const feeds = { z: new Tensor("float32", z, [1, z.length]) };
      if (facts.classes) {
        const label = new Float32Array(facts.classes);
        label[Number(state.label) || 0] = 1;
        feeds.label = new Tensor("float32", label, [1, facts.classes]);
      }
      const { image } = await model.session.run(feeds);
      count();
      return { pixels: picture(image), step: model.step };
    } catch (error) {
      fail(error);
      return null;
    }
  }

  // (1, C, S, S) in [-1, 1] -> ImageData
  function picture({ data, dims: [, channels, height, width] }) {
    const size = height * width;
    const pixels = new Uint8ClampedArray(4 * size).fill(255);
    for (let channel = 0; channel < 3; channel++) {
      const from = channels === 3 ? channel * size : 0;
      for (let place = 0; place < size; place++) pixels[4 * place + channel] = (data[from + place] + 1) * 127.5; // rounds and clamps
    }
    return new ImageData(pixels, width, height);
  }

  function count() {
    const now = performance.now();
    drawn.push(now);
    while (drawn[0] < now - 1000) drawn.shift();
    if (drawn.length > 1) tell("ready", `Ready: this browser draws, ${drawn.length} pictures in the last second.`);
  }

  function choose(value, name) {
    if (value === source) return;
    [source, runtime, model, loading] = [value, null, null, null];
    if (value === "server") return void tell("off", "The server draws.");
    tell("loading", "Loading…");
    if (name) load(name);
  }

  return { choose, draw };
})();
