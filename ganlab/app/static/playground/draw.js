// @ts-check
// The paper of "Draw". The end of every stroke puts the sheet, as a PNG, into Gradio's hidden text box, where Python reads it.
"use strict";

window.ganlabPad = (() => {
  const SIDE = 280; // pixels, as in pad.py
  const PEN = 18; // about the stroke of MNIST at this size
  const MOST_UNDO = 30;
  const find = window.ganlabFind;
  let tool = "pen";
  /** @type {number[] | null} */
  let last = null; // where the stroke is, on the canvas
  /** @type {(ImageData | null)[]} */
  let undo = []; // earlier sheets; null is an empty one
  let empty = true;
  let pen = [SIDE / 2, SIDE / 2]; // for drawing with the keyboard
  let down = false;
  /** @type {Record<string, [number, number]>} */
  const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  /** @returns {HTMLCanvasElement} */
  const canvas = () => find("pad");
  const context = () => /** @type {CanvasRenderingContext2D} */ (canvas().getContext("2d", { willReadFrequently: true }));

  function wipe() {
    const paper = context();
    paper.fillStyle = "#ffffff";
    paper.fillRect(0, 0, SIDE, SIDE);
    empty = true;
  }

  function remember() {
    if (empty) wipe(); // a new canvas is transparent
    undo = [...undo.slice(1 - MOST_UNDO), empty ? null : context().getImageData(0, 0, SIDE, SIDE)];
  }

  function send() {
    const box = /** @type {HTMLInputElement | HTMLTextAreaElement | null} */ (document.querySelector("#pad-value textarea, #pad-value input"));
    if (!box) return;
    const prototype = box instanceof HTMLTextAreaElement ? HTMLTextAreaElement.prototype : HTMLInputElement.prototype;
    Object.getOwnPropertyDescriptor(prototype, "value")?.set?.call(box, empty ? "" : canvas().toDataURL("image/png"));
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** @param {PointerEvent} event @returns {[number, number]} */
  function place(event) {
    const box = canvas().getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * SIDE, ((event.clientY - box.top) / box.height) * SIDE];
  }

  /** @param {number[]} from @param {number[]} to */
  function stroke(from, to) {
    const paper = context();
    Object.assign(paper, { lineCap: "round", lineJoin: "round", lineWidth: tool === "eraser" ? 2 * PEN : PEN });
    paper.strokeStyle = tool === "eraser" ? "#ffffff" : find("pad-colour").value;
    paper.beginPath();
    paper.moveTo(from[0], from[1]);
    paper.lineTo(to[0], to[1]);
    paper.stroke();
    empty = false;
  }

  function back() {
    if (!undo.length) return;
    const before = undo.pop() ?? null;
    wipe();
    if (before) {
      context().putImageData(before, 0, 0);
      empty = false;
    }
    send();
  }

  /** @param {ImageBitmap} bitmap @param {boolean} smooth */
  function lay(bitmap, smooth) {
    remember();
    wipe();
    const scale = SIDE / Math.max(bitmap.width, bitmap.height);
    const [width, height] = [bitmap.width * scale, bitmap.height * scale];
    const paper = context();
    paper.imageSmoothingEnabled = smooth;
    paper.imageSmoothingQuality = "high";
    paper.drawImage(bitmap, (SIDE - width) / 2, (SIDE - height) / 2, width, height);
    empty = false;
  }

  /** @param {File} file */
  async function upload(file) {
    try {
      lay(await createImageBitmap(file), true);
      send();
    } catch {
      window.ganlabProblems.show([window.ganlabWords.noImage]);
    }
  }

  // What an address restores: Python has put it into the text box already.
  /** @param {string} value */
  async function paint(value) {
    if (!value || !empty) return;
    while (!canvas()) await new Promise(requestAnimationFrame);
    lay(await createImageBitmap(await (await fetch(value)).blob()), false);
  }

  /** @type {Record<string, () => void>} */
  const tools = {
    pen: () => choose("pen"),
    eraser: () => choose("eraser"),
    undo: back,
    clear: () => {
      remember();
      wipe();
      send();
    },
  };

  /** @param {string} name */
  function choose(name) {
    tool = name;
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-pad][aria-pressed]"))) {
      button.setAttribute("aria-pressed", String(button.dataset.pad === name));
    }
  }

  /** @param {Event} event */
  const isPad = (event) => /** @type {Element} */ (event.target).id === "pad";

  document.addEventListener("pointerdown", (event) => {
    if (!isPad(event) || event.button) return;
    canvas().setPointerCapture(event.pointerId);
    remember();
    last = place(event);
    stroke(last, last);
  });
  document.addEventListener("pointermove", (event) => {
    if (!last || !isPad(event)) return;
    for (const point of event.getCoalescedEvents?.().length ? event.getCoalescedEvents() : [event]) {
      const next = place(point);
      stroke(last, next);
      last = next;
    }
  });
  for (const end of ["pointerup", "pointercancel"]) {
    document.addEventListener(end, () => {
      if (last) send();
      last = null;
    });
  }
  document.addEventListener("click", (event) => tools[/** @type {HTMLElement} */ (event.target).dataset?.pad ?? ""]?.());
  // The arrow keys move a pen over the paper, which draws while it is down; Space puts it down and takes it up.
  /** @param {KeyboardEvent} event */
  function steer(event) {
    if (event.key === " " || event.key === "Enter") {
      down = !down;
      if (down) {
        remember();
        stroke(pen, pen);
      } else send();
    } else if (STEPS[event.key]) {
      const far = event.shiftKey ? 20 : 5;
      const next = pen.map((at, axis) => Math.max(0, Math.min(SIDE, at + far * STEPS[event.key][axis])));
      if (down) stroke(pen, next);
      pen = next;
    } else if (event.key === "Delete") tools.clear();
    else return;
    event.preventDefault();
    mark();
  }

  // Where the pen is, beside the canvas, so that it is no part of the drawing.
  function mark(shown = true) {
    const [paper, dot] = [canvas(), find("pad-pen")];
    dot.hidden = !shown;
    dot.classList.toggle("down", down);
    Object.assign(dot.style, { left: `${paper.offsetLeft + (pen[0] / SIDE) * paper.offsetWidth}px`, top: `${paper.offsetTop + (pen[1] / SIDE) * paper.offsetHeight}px` });
  }

  document.addEventListener("focusout", (event) => {
    if (!isPad(event)) return;
    if (down) send();
    down = false;
    mark(false);
  });
  document.addEventListener("keydown", (event) => {
    if (isPad(event) && (event.ctrlKey || event.metaKey) && event.key === "z") back();
    else if (isPad(event) && !event.ctrlKey && !event.metaKey && !event.altKey) steer(event);
    const target = /** @type {Element} */ (event.target);
    if (target.matches?.(".pad .file") && (event.key === "Enter" || event.key === " ")) find("pad-file").click();
  });
  document.addEventListener("change", (event) => {
    const input = /** @type {HTMLInputElement} */ (event.target);
    if (input.id !== "pad-file" || !input.files?.length) return;
    upload(input.files[0]);
    input.value = "";
  });
  document.addEventListener("dragover", (event) => isPad(event) && event.preventDefault());
  document.addEventListener("drop", (event) => {
    if (!isPad(event) || !event.dataTransfer?.files.length) return;
    event.preventDefault();
    upload(event.dataTransfer.files[0]);
  });

  return { paint };
})();
