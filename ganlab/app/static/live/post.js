/** Ask the server to change something; "" when it will, else one sentence that says why not. */
export async function post(url, body = {}) {
  const headers = { "X-GANLab": "1", "Content-Type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) }).catch(() => null);
  if (response?.ok) return "";
  const told = await response?.json().catch(() => null);
  return told?.error ?? "The server could not be reached: the run goes on.";
}
