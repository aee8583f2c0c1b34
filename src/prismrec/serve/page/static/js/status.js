// What /v1/status says, as the operator's view shows it.

import { knows, number, say } from "./words.js";

export const ready = (status) => Boolean(status.database?.ready);

const worded = (word) => (knows(`op.is-${word}`) ? say(`op.is-${word}`) : word);

/** Tiles beside those of traffic. */
export function figures(status) {
  const { database = {}, queue = {}, search = "" } = status;
  const counts = ["items", "users", "events"].map((key) => ({ name: say(`op.${key}`), value: number(status[key] ?? 0) }));
  const [state, doing] = String(search).split(": ");
  return [...counts,
    { name: say("op.queue"), value: number(queue.waiting ?? 0), note: say("op.queue-note") },
    { name: say("op.database"), value: worded(database.database), note: database.kind, bad: database.database === "away" },
    { name: say("op.search"), value: worded(state), note: doing ?? "" },
    { name: say("op.media"), value: worded(database.media), note: say("op.media-note") },
    { name: say("op.uptime"), value: lasting(status.uptime ?? 0) }];
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

/** By modality, how many records have it, and for how many of these the model has read it. */
export const coverage = ({ items, coverage: by }) =>
  Object.entries(by ?? {}).map(([modality, { media, encoded }]) => ({ modality, of: items, has: Math.round(media * items), have: Math.round(encoded * items) }));

/** What is wrong with the data and the model: kinds with counts, and lines of text. */
export function problems({ quality = {}, model = {} }) {
  const kinds = Object.entries(quality.problems ?? {}).map(([code, count]) => ({ text: knows(`op.problem-${code}`) ? say(`op.problem-${code}`) : code, count }));
  return { kinds, lines: [...(model.problem ? [model.problem] : []), ...(quality.first ?? [])] };
}
