// A card: cover, title, a bar per modality, the past items that speak for it, and what can be done.

import { h, icon, tongue } from "./dom.js";
import { art, byline, has, item } from "./items.js";
import { playButton } from "./player.js";
import { called, ordered, spoken, tone } from "./tones.js";
import { inChinese, knows, percent, say } from "./words.js";

export const ACTS = { like: "like", buy: "buy", skip: "next", dislike: "dislike" };
const SPEAKERS = 3, WORDS = 3, REASONS = 3;

/** A bar per modality, as wide as its share of the largest. */
export function spectrum(shares, label = spoken(shares)) {
  const most = Math.max(...Object.values(shares), 1e-9);
  const bars = ordered(shares).filter((name) => shares[name] > 0)
    .map((name) => h("i", { class: tone(name), css: { width: `${(100 * shares[name]) / most}%` } }));
  return h("div", { class: "spectrum", role: "img", "aria-label": say("card.shares", { shares: label }) }, bars);
}

/** The parts of a listed item that may change when the list is asked for again. */
function reasons(listed) {
  if (listed.reasons) return [h("ul", { class: "reasons" }, readable(listed.reasons).map(reason))];
  if (!Object.keys(listed.shares ?? {}).length) return [];
  const speakers = (listed.because ?? []).slice(0, SPEAKERS).map((past) => h("li", { class: tone(past.modality) },
    art(past.item, { side: 96, lazy: true, alt: say("card.because", { title: past.title, mod: called(past.modality) }) })));
  return [h("div", { class: "why" }, spectrum(listed.shares), speakers.length > 0 && h("ul", { class: "because" }, speakers))];
}

// Reasons that can be read come first; one that only says how is shown where there is no other.
function readable(all) {
  const worded = all.filter((each) => each.words.length);
  return (worded.length ? worded : all.slice(0, 1)).slice(0, REASONS);
}

function reason(each) {
  const kind = say(knows(`kind.${each.kind}`) ? `kind.${each.kind}` : "kind.other");
  const words = each.words.slice(0, WORDS).map((word) => (inChinese && word.chinese ? word.chinese : word.text) + (word.share === null || word.share === undefined ? "" : ` ${percent(word.share)}`));
  const text = words.length ? `${kind}: ${words.join(", ")}` : kind;
  return h("li", { class: tone(each.modality) }, text);
}

/** A card for an item; `does(act, id)` is called for "open" and every act. */
export function card(listed, does) {
  const id = listed.item, known = item(id);
  const open = h("button", { class: "open", type: "button", ...tongue(known.title), on: { click: () => does("open", id) } }, known.title);
  const acts = Object.entries(ACTS).map(([act, drawing]) => h("button", {
    class: `act ${act}`, type: "button", "data-act": act, "aria-label": say(`card.${act}`, { title: known.title }), title: say(`act.${act}`),
    on: { click: () => does(act, id) } }, icon(drawing)));
  const made = byline(id);
  const element = h("li", { class: "card", "data-item": id },
    h("article", {},
      h("div", { class: "cover", on: { click: () => does("open", id) } },
        art(id, { lazy: true }), badge(known, listed),
        has(id, "audio") && playButton(id)),
      h("h3", {}, open), h("p", { class: "by", ...tongue(made) }, made), h("div", { class: "because-of" }), h("div", { class: "acts" }, acts)));
  update(element, listed);
  return element;
}

function badge(known, listed) {
  const said = known.in_stock === false ? "card.out" : listed.fresh ? "card.new" : "";
  return said && h("span", { class: "badge" }, say(said));
}

export function update(element, listed) {
  element.querySelector(".because-of").replaceChildren(...reasons(listed));
  element.classList.remove("going");
}
