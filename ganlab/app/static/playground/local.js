// @ts-check
// The generator in this browser: onnxruntime-web from this server or a CDN, as the user chose. draw() gives the pixels of a
// state, or null where the server has to draw: while something is loading, and after a failure, which is shown as one sentence.
"use strict";

// z of a state: the sum of the server's vectors, each times the state's value of the same name. `terms` {name: list of vectors
// (z_dim)} -> (z_dim)
window.ganlabLatent = (terms, state) => {
  const result = new Float32Array(Object.values(terms)[0][0].length);
  for (const [name, vectors] of Object.entries(terms)) {
    const values = [state[/** @type {keyof LatentState} */ (name)]].flat();
    vectors.forEach((vector, index) => {
      const value = Number(values[index] ?? 0);
      if (value) vector.forEach((number, place) => (result[place] += value * number));
    });
  }
  if (state.shift) state.shift.split(",").forEach((number, place) => (result[place] += Number(number)));
  return result;
};

window.ganlabLocal = (() => {
  const VERSION = "1.30.0";
  const CDN = `https://cdn.jsdelivr.net/npm/onnxruntime-web@${VERSION}/dist/`;
  const SCRIPT = "ort.wasm.bundle.min.mjs";
  const WASM = "ort-wasm-simd-threaded.wasm";
  /** @type {Record<string, string>} */
  const HASHES = {
    [SCRIPT]: "sha384-PLWz+nHEVHpjwBsO0YVdvQj6n5814Iv8E3b8FG0Rp/uIAtjFMCKOpP66iPzedrIG",
    [WASM]: "sha384-vjBJ1z7qrhkTyYsNqKeF6c7N+nOJSU94czEo+tvZcu8G75JparGq9kB+kTnEUNVM",
  };
  const PATIENCE = 20000; // milliseconds without a byte
  const words = window.ganlabWords;
  let source = "server"; // | "package" | "cdn" | "failed"
  /** @type {Promise<any> | null} */
  let runtime = null; // of onnxruntime-web
  /** @type {{ name: string, step: number, session: any, ort: any } | null} */
  let model = null; // that can draw
  /** @type {string | null} */
  let loading = null; // the name that is on its way
  /** @type {Map<string, LatentTerms>} */
  const latents = new Map();
  /** @type {number[]} */
  const drawn = []; // when the pictures of the last second came

  /** @param {string} path @param {Record<string, string>} [query] */
  const api = (path, query = {}) => new URL(`../api/${path}?${new URLSearchParams(query)}`, location.href);

  /** @param {string} state @param {string} text */
  function report(state, text) {
    const place = document.getElementById("local-state");
    if (!place) return;
    place.dataset.state = state;
    place.textContent = text;
    place.classList.toggle("wrong", state === "failed");
  }

  /** A problem that already has its sentence. */
  class LoadError extends Error {}

  // The whole body, with its progress shown; LoadError where it does not arrive.
  /** @param {URL} url @param {string} what @param {string} [hash] */
  async function bytes(url, what, hash) {
    const host = url.host === location.host ? null : url.host;
    const control = new AbortController();
    let timer = setTimeout(() => control.abort(), PATIENCE);
    /** @type {Uint8Array<ArrayBuffer>[]} */
    const parts = [];
    let done = 0;
    try {
      const response = await fetch(url, { signal: control.signal, credentials: host === null ? "same-origin" : "omit" });
      if (!response.ok) {
        const answer = await response.json().catch(() => ({}));
        throw new LoadError(answer.error ?? words.notLoaded(what, host, response.status));
      }
      const total = Number(response.headers.get("Content-Length")) || 0;
      for (const reader = /** @type {ReadableStream} */ (response.body).getReader(); ; ) {
        const part = await reader.read();
        clearTimeout(timer);
        if (part.done) break;
        timer = setTimeout(() => control.abort(), PATIENCE);
        parts.push(part.value);
        done += part.value.length;
        report("loading", words.loadingPart(what, done, total));
      }
    } catch (error) {
      throw error instanceof LoadError ? error : new LoadError(words.notLoaded(what, host));
    } finally {
      clearTimeout(timer);
    }
    const body = new Uint8Array(await new Blob(parts).arrayBuffer());
    if (hash && (await digest(body)) !== hash) throw new LoadError(words.wrongChecksum(what, host));
    return body;
  }

  /** @param {Uint8Array<ArrayBuffer>} body */
  async function digest(body) {
    if (!crypto.subtle) throw new LoadError(words.insecure);
    const found = new Uint8Array(await crypto.subtle.digest("SHA-384", body));
    return `sha384-${btoa(String.fromCharCode(...found))}`;
  }

  /** @param {string} from */
  async function started(from) {
    const base = from === "cdn" ? CDN : String(api("ort/")).split("?")[0];
    /** @param {string} name */
    const hash = (name) => (from === "cdn" ? HASHES[name] : undefined);
    const script = await bytes(new URL(SCRIPT, base), "onnxruntime-web", hash(SCRIPT));
    const wasm = await bytes(new URL(WASM, base), "onnxruntime-web's engine", hash(WASM));
    const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    const ort = await import(address);
    Object.assign(ort.env.wasm, { numThreads: 1, wasmBinary: wasm.buffer, wasmPaths: { wasm: String(new URL(WASM, base)) } });
    return ort;
  }

  /** @param {string} name */
  async function load(name) {
    if (loading === name) return;
    loading = name;
    const from = source;
    try {
      runtime ??= started(from);
      const ort = await runtime;
      const { step } = await termsOf({ model: name, seed: 0, z: "" });
      const session = await ort.InferenceSession.create(await bytes(api("generator", { model: name }), "the generator"));
      if (source !== from || loading !== name) return;
      model = { name, session, step, ort };
      drawn.length = 0;
      report("ready", words.browserDraws(0));
    } catch (error) {
      if (source !== from) return;
      fail(error);
    } finally {
      if (loading === name) loading = null;
    }
  }

  /** @param {any} error */
  function fail(error) {
    [source, runtime, model] = ["failed", null, null];
    report("failed", words.serverGoesOn(String(error.message ?? error)));
  }

  // What a state is drawn from: asked for once for each model, seed and pasted z.
  /** @param {Pick<LatentState, "model" | "seed" | "z">} state */
  async function termsOf({ model, seed, z }) {
    const query = { model: model ?? "", seed: String(Math.trunc(Number(seed)) || 0), ...(z && { z }) };
    const key = JSON.stringify(query);
    const known = latents.get(key);
    if (known) return known;
    const response = await fetch(api("latent", query), { cache: "no-store" });
    const answer = await response.json();
    if (!response.ok) throw new LoadError(answer.error);
    if (latents.size > 100) latents.clear();
    latents.set(key, answer);
    return /** @type {LatentTerms} */ (answer);
  }

  /** @param {LatentState} state @returns {Promise<Drawn | null>} */
  async function draw(state) {
    if (!state.model || (source !== "cdn" && source !== "package")) return null;
    const ready = model;
    if (ready?.name !== state.model) {
      load(state.model);
      return null;
    }
    try {
      const { terms, classes, step } = await termsOf(state);
      if (step !== ready.step) {
        model = null;
        latents.clear();
        load(state.model);
        return null;
      }
      const { Tensor } = ready.ort;
      const z = window.ganlabLatent(terms, state);
      /** @type {Record<string, any>} */
      const feeds = { z: new Tensor("float32", z, [1, z.length]) };
      if (classes) {
        const label = new Float32Array(classes);
        label[Number(state.label) || 0] = 1;
        feeds.label = new Tensor("float32", label, [1, classes]);
      }
      const { image } = await ready.session.run(feeds);
      count();
      return { pixels: picture(image), step, by: "browser" };
    } catch (error) {
      fail(error);
      return null;
    }
  }

  // (1, C, S, S) in [-1, 1] -> ImageData
  /** @param {{ data: Float32Array, dims: number[] }} image */
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
    if (drawn.length > 1) report("ready", words.browserDraws(drawn.length));
  }

  /** @param {string} value @param {string | null} name */
  function choose(value, name) {
    if (value === source) return;
    [source, runtime, model, loading] = [value, null, null, null];
    if (value === "server") return void report("off", words.serverDraws);
    report("loading", words.loading);
    if (name) load(name);
  }

  return { choose, draw };
})();
