// The Draw panel's paper. Every stroke's end puts the sheet, as a PNG, into Gradio's hidden text box; Python hears of it there.
"use strict";

window.ganlabPad = (() => {
  const SIDE = 280; // as in pad.py
  const PEN = 18; // about the stroke of MNIST at this size
  const MOST_UNDO = 30;
  const find = (id) => document.getElementById(id);
  let tool = "pen";
  let last = null; // where the stroke is, on the canvas
  let undo = []; // earlier sheets; null is an empty one
  let empty = true;
  let pen = [SIDE / 2, SIDE / 2]; // of those who draw with the keyboard
  let down = false;
  const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  const canvas = () => find("pad");
  const context = () => canvas().getContext("2d", { willReadFrequently: true });

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
    const box = document.querySelector("#pad-value textarea, #pad-value input");
    if (!box) return;
    const prototype = box instanceof HTMLTextAreaElement ? HTMLTextAreaElement.prototype : HTMLInputElement.prototype;
    Object.getOwnPropertyDescriptor(prototype, "value").set.call(box, empty ? "" : canvas().toDataURL("image/png"));
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function place(event) {
    const box = canvas().getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * SIDE, ((event.clientY - box.top) / box.height) * SIDE];
  }

  function stroke(from, to) {
    const paper = context();
    Object.assign(paper, { lineCap: "round", lineJoin: "round", lineWidth: tool === "eraser" ? 2 * PEN : PEN });
    paper.strokeStyle = tool === "eraser" ? "#ffffff" : find("pad-colour").value;
    paper.beginPath();
    paper.moveTo(...from);
    paper.lineTo(...to);
    paper.stroke();
    empty = false;
  }

  function back() {
    if (!undo.length) return;
    const before = undo.pop();
    wipe();
    if (before) {
      context().putImageData(before, 0, 0);
      empty = false;
    }
    send();
  }

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

  async function upload(file) {
    try {
      lay(await createImageBitmap(file), true);
      send();
    } catch {
      window.alert("This file is not an image that the browser can read.");
    }
  }

  // What an address restores: Python has put it into the text box already.
  async function paint(value) {
    if (!value) return;
    while (!canvas()) await new Promise(requestAnimationFrame);
    lay(await createImageBitmap(await (await fetch(value)).blob()), false);
  }

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

  function choose(name) {
    tool = name;
    for (const button of document.querySelectorAll("[data-pad][aria-pressed]")) {
      button.setAttribute("aria-pressed", String(button.dataset.pad === name));
    }
  }

  document.addEventListener("pointerdown", (event) => {
    if (event.target.id !== "pad" || event.button) return;
    event.target.setPointerCapture(event.pointerId);
    remember();
    last = place(event);
    stroke(last, last);
  });
  document.addEventListener("pointermove", (event) => {
    if (!last || event.target.id !== "pad") return;
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
  document.addEventListener("click", (event) => tools[event.target.dataset?.pad]?.());
  // The arrow keys move a pen over the paper, which draws while it is down; Space puts it down and takes it up.
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
    if (event.target.id !== "pad") return;
    if (down) send();
    down = false;
    mark(false);
  });
  document.addEventListener("keydown", (event) => {
    if (event.target.id === "pad" && (event.ctrlKey || event.metaKey) && event.key === "z") back();
    else if (event.target.id === "pad" && !event.ctrlKey && !event.metaKey && !event.altKey) steer(event);
    if (event.target.matches?.(".pad .file") && (event.key === "Enter" || event.key === " ")) find("pad-file").click();
  });
  document.addEventListener("change", (event) => {
    if (event.target.id !== "pad-file" || !event.target.files.length) return;
    upload(event.target.files[0]);
    event.target.value = "";
  });
  document.addEventListener("dragover", (event) => event.target.id === "pad" && event.preventDefault());
  document.addEventListener("drop", (event) => {
    if (event.target.id !== "pad" || !event.dataTransfer.files.length) return;
    event.preventDefault();
    upload(event.dataTransfer.files[0]);
  });

  return { paint };
})();

// The Layers panel's table is scrolled, never the page, so that the chosen layer is in sight.
window.ganlabLayers = {
  reveal() {
    const row = document.querySelector(".layers .chosen");
    const table = row?.closest(".layers");
    if (table) table.scrollTop += row.getBoundingClientRect().top - table.getBoundingClientRect().top - table.clientHeight / 2;
  },
};
