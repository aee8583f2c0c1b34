// What is known of items: titles, columns, which media they have. Asked for once, many at a time.

import { ask, image } from "./api.js";
import { h } from "./dom.js";
import { drawn } from "./drawn.js";

const MOST = 50; // per request
const known = new Map();

/** Take note of what an answer said of its items. */
export function learn(items) {
  for (const each of items) known.set(each.item, { ...known.get(each.item), ...each });
}

export const item = (id) => known.get(id) ?? { item: id, title: id };
export const forget = (id) => known.delete(id);
export const has = (id, medium) => Boolean(item(id).media?.[medium]);

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
  const columns = item(id).columns ?? {};
  return columns.artist ?? columns.author ?? columns.brand ?? Object.values(columns)[0] ?? "";
}
