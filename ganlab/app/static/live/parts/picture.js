// @ts-check
// A sheet of pictures on a canvas: crisp at any size, with the page shining through between its tiles.

import { screenHeight } from "../frame.js";

const PADDING = 2; // pixels around each image of a sheet, as ganlab/core/images.py lays them out

/** @typedef {{ columns: number, rows: number, side: number, edge: number }} Tiles how a sheet is laid out, in parts of the picture's width */

/**
 * How many tiles a sheet has, whose images are `size` pixels wide; null where it is not laid out as expected.
 *
 * @param {HTMLImageElement} image
 * @param {number} size
 * @returns {Tiles | null}
 */
export function tilesOf({ naturalWidth: width, naturalHeight: height }, size) {
  const cell = size + PADDING;
  if (!size || width <= PADDING || (width - PADDING) % cell || (height - PADDING) % cell) return null;
  return { columns: (width - PADDING) / cell, rows: (height - PADDING) / cell, side: cell / width, edge: PADDING / width };
}

/**
 * How tall a sheet may be, in pixels, where so many runs are on the page.
 *
 * @param {number} runs
 */
export function tallest(runs) {
  const part = document.documentElement.hasAttribute("data-presenting") ? 0.61 : runs > 2 ? 0.34 : 0.76;
  return Math.max(240, screenHeight() * part);
}

/**
 * Draw `image` within `room` by `tallest` pixels; returns its width on the page. Each pixel is first enlarged by a whole number,
 * then the whole scaled down a little: small pictures stay crisp, and their pixels alike.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {HTMLImageElement} image
 * @param {{ room: number, tallest: number, size: number }} place `size`: the side of one picture of the sheet
 */
export function paint(canvas, image, { room, tallest, size }) {
  const { naturalWidth: width, naturalHeight: height } = image;
  const scale = Math.min(room / width, tallest / height);
  const whole = Math.max(1, Math.ceil(scale * (window.devicePixelRatio || 1)));
  Object.assign(canvas, { width: width * whole, height: height * whole });
  canvas.style.width = `${width * scale}px`;
  const context = canvas.getContext("2d");
  if (context) {
    context.imageSmoothingEnabled = false;
    context.drawImage(image, 0, 0, width * whole, height * whole);
    if (tilesOf(image, size)) clearGutters(context, width, height, whole, size + PADDING);
  }
  return width * scale;
}

/**
 * White between the images would glare on a dark page.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {number} width
 * @param {number} height
 * @param {number} whole
 * @param {number} cell
 */
function clearGutters(context, width, height, whole, cell) {
  for (let x = 0; x < width; x += cell) context.clearRect(x * whole, 0, PADDING * whole, height * whole);
  for (let y = 0; y < height; y += cell) context.clearRect(0, y * whole, width * whole, PADDING * whole);
}
