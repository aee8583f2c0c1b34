// What /v1/status says, as the operator's view shows it.

import { knows, number, say } from "./words.js";

export const ready = (status) => status.ready ?? status.readiness?.ready ?? true;

const state = (value) => (typeof value === "object" && value !== null ? value.state ?? value.status ?? (value.ok ? "ok" : "") : value);
const worded = (value) => { const word = String(state(value) ?? "–"); return knows(`op.is-${word}`) ? say(`op.is-${word}`) : word; };

/** Tiles beside those of traffic. */
export function figures(status) {
  const counts = status.counts ?? {}, queue = status.queue ?? 0;
  const waiting = typeof queue === "object" ? queue.waiting ?? queue.pending ?? 0 : queue;
  const tiles = [["items", counts.items], ["users", counts.users], ["events", counts.events]]
    .filter(([, value]) => value !== undefined).map(([key, value]) => ({ name: say(`op.${key}`), value: number(value) }));
  const database = status.database ?? status.readiness?.database, search = status.search ?? status.readiness?.search;
  return [...tiles,
    { name: say("op.queue"), value: number(waiting), note: say("op.queue-note") },
    { name: say("op.database"), value: worded(database), bad: state(database) === "away" },
    { name: say("op.search"), value: worded(search) },
    { name: say("op.uptime"), value: lasting(status.uptime ?? status.uptime_seconds ?? 0) }];
}

/** 3 d 4 h, 4 h 12 min, 12 min, 40 s. */
export function lasting(seconds) {
  const parts = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const first = Math.max(0, parts.findIndex(([size]) => seconds >= size));
  const [big, unit] = parts[seconds < 1 ? 3 : first], whole = Math.floor(seconds / big);
  const [small, less] = parts[first + 1] ?? [];
  const rest = small && first < 2 ? Math.floor((seconds % big) / small) : 0;
  return rest ? `${whole} ${unit} ${rest} ${less}` : `${whole} ${unit}`;
}

/** By modality, how many records have it. */
export function coverage(status) {
  const items = status.counts?.items ?? 0;
  return Object.entries(status.coverage ?? {}).map(([modality, value]) => {
    if (typeof value === "number") return { modality, have: value <= 1 ? Math.round(value * items) : value, of: items };
    return { modality, have: value.have ?? value.present ?? value.items ?? 0, of: value.of ?? value.total ?? items };
  });
}

/** What is wrong with the data, in lines with counts. */
export function problems(status) {
  const found = status.quality ?? status.problems ?? [];
  const rows = Array.isArray(found) ? found : Object.entries(found).map(([text, count]) => ({ text, count }));
  return rows.map((each) => (typeof each === "string" ? { text: each, count: null }
    : { text: each.text ?? each.message ?? each.problem ?? String(each[0] ?? ""), count: each.count ?? each.n ?? null }));
}
