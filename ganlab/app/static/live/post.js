// @ts-check
import { words } from "./wording.js";

/**
 * Ask the server to change something; "" when it will, else one sentence that says why not.
 *
 * @param {string} url
 * @param {object} body
 * @returns {Promise<string>}
 */
export async function post(url, body = {}) {
  const headers = { "X-GANLab": "1", "Content-Type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) }).catch(() => null);
  if (response?.ok) return "";
  const answer = await response?.json().catch(() => null);
  return answer?.error ?? words.notReached;
}
