// What is known of items: titles, columns, which media they have. Asked for once, many at a time.

import { ask, image } from "./api.js";
import { h } from "./dom.js";
import { drawn } from "./drawn.js";

const MOST = 50; // per request
const known = new Map();
const read = new Set(); // media that the model reads, as far as any item has shown

/** Take note of what an answer said of its items. */
export function learn(items) {
  for (const each of items) {
    known.set(each.item, { ...known.get(each.item), ...each });
    each.encoded?.forEach((medium) => read.add(medium));
  }
}

export const item = (id) => known.get(id) ?? { item: id, title: id };
export const forget = (id) => known.delete(id);

/** Whether an item has a medium that can be shown. */
export function has(id, medium) {
  const { media, encoded, pending = [] } = item(id);
  // A model that reads pictures but not this one could not: the file is damaged.
  const damaged = encoded?.length && read.has(medium) && !encoded.includes(medium) && !pending.includes(medium);
  return Boolean(media?.[medium]) && !damaged;
}

/** Look up those of some items that are not fully known; whatever fails stays unknown. */
export async function lookUp(ids) {
  const missing = [...new Set(ids)].filter((id) => !known.get(id)?.media);
  const parts = Array.from({ length: Math.ceil(missing.length / MOST) }, (_, n) => missing.slice(n * MOST, (n + 1) * MOST));
  await Promise.all(parts.map(async (part) => {
    const address = new URLSearchParams([["k", String(part.length)], ...part.map((id) => ["only", id])]);
    learn((await ask("GET", `/v1/items?${address}`)).items);
  }));
}

/** The picture of an item, or a drawing where it has none. */
export function art(id, { side = 320, alt = "", lazy = false } = {}) {
  const box = h("span", { class: "art" });
  if (!has(id, "image")) {
    box.append(drawn(id));
    if (alt) Object.entries({ role: "img", "aria-label": alt }).forEach(([name, value]) => box.setAttribute(name, value));
    return box;
  }
  const picture = h("img", { src: image(id, side), alt, decoding: "async", loading: lazy ? "lazy" : "eager", draggable: "false" });
  picture.addEventListener("error", () => picture.replaceWith(drawn(id)), { once: true });
  box.append(picture);
  return box;
}

/** The line below a title: who made it, else the first thing a column says. */
export function byline(id) {
  const { columns = {}, text } = item(id);
  return columns.artist ?? columns.author ?? columns.brand ?? Object.values(columns).find((value) => !text?.includes(value)) ?? "";
}
