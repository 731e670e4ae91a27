/** A delta as the server sends it, with nothing new in it but what is given. */
export function delta({ status = {}, ...changes } = {}) {
  return { since: -1, cursor: -1, series: {}, sheets: [], sheets_since: -1, annotations: [], ...changes, status: statusOf(status) };
}

/** A status as the server sends it. */
export function statusOf(changes = {}) {
  const counted = { phase: "training", subject: "", done: 0, total: 0, unit: "", ahead: 0, reason: "", details: {}, text: "" };
  return { state: "running", active: true, step: 0, steps: 100, ...counted, num_images: 0, sheet_titles: [], silent: null, ...changes };
}
