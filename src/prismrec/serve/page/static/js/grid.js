// The grid: cards that keep their identity, so that a list in a new order is seen to move.

import { $, h, still } from "./dom.js";
import { card, update } from "./card.js";

const LASTS = 420;
const KEYS = { l: "like", b: "buy", s: "skip", d: "dislike", p: "play" };
const grid = () => $("#grid");
const cards = new Map();

/** Show items in this order; cards that stay move to their new places. */
export function showCards(list, does) {
  const box = grid(), before = places(), focus = focused();
  const wanted = new Set(list.map((each) => each.item));
  for (const [id, element] of cards) if (!wanted.has(id)) { element.remove(); cards.delete(id); }
  const made = list.map((each) => {
    const there = cards.get(each.item);
    if (there) update(there, each);
    else cards.set(each.item, card(each, does));
    return cards.get(each.item);
  });
  const held = document.activeElement;
  box.replaceChildren(...made);
  box.removeAttribute("aria-busy");
  box.classList.remove("stale");
  if (held && box.contains(held)) held.focus({ preventScroll: true });
  else if (focus && !wanted.has(focus.id)) refocus(focus, made);
  move(made, before);
}

export const cardOf = (id) => cards.get(id);
export const waiting = () => { grid().setAttribute("aria-busy", "true"); grid().classList.add("stale"); };
export const settled = () => { grid().removeAttribute("aria-busy"); grid().classList.remove("stale"); };

/** Grey shapes while the first list is on its way. */
export function ghosts(count) {
  cards.clear();
  grid().replaceChildren(...Array.from({ length: count }, () =>
    h("li", { class: "card ghost", "aria-hidden": "true" }, h("span", { class: "art" }), h("i"), h("i"))));
}

const places = () => new Map([...cards].map(([id, element]) => [id, element.getBoundingClientRect()]));

function focused() {
  const at = document.activeElement?.closest?.(".card");
  if (!at || !grid().contains(at)) return null;
  return { id: at.dataset.item, place: [...grid().children].indexOf(at) };
}

// Whoever worked with the keyboard goes on with the card that took the place.
function refocus({ place }, made) {
  const next = made[Math.min(place, made.length - 1)];
  (next ? $(".open", next) : $("#list-title")).focus({ preventScroll: true });
}

function move(made, before) {
  if (still()) return;
  const tall = innerHeight + 200;
  for (const element of made) {
    const was = before.get(element.dataset.item), is = element.getBoundingClientRect();
    if (is.top > tall && (!was || was.top > tall)) continue;
    if (!was) {
      element.animate([{ opacity: 0, transform: "translateY(14px) scale(.97)" }, { opacity: 1, transform: "none" }], { duration: LASTS, easing: "ease-out" });
    } else if (was.left !== is.left || was.top !== is.top) {
      element.animate([{ transform: `translate(${was.left - is.left}px, ${was.top - is.top}px)` }, { transform: "none" }], { duration: LASTS, easing: "cubic-bezier(.2, .8, .2, 1)" });
    }
  }
}

/** Arrow keys move between cards; letters act on the card that has the focus. */
export function keys() {
  grid().addEventListener("keydown", (event) => {
    const at = event.target.closest(".card");
    if (!at || event.altKey || event.ctrlKey || event.metaKey) return;
    const to = neighbour(at, event.key);
    if (to) {
      event.preventDefault();
      $(".open", to).focus();
      to.scrollIntoView({ block: "nearest" });
    }
    const act = KEYS[event.key.toLowerCase()];
    if (act) $(act === "play" ? ".play" : `[data-act=${act}]`, at)?.click();
  });
}

function neighbour(at, key) {
  const all = [...grid().children], place = all.indexOf(at);
  const across = all.findIndex((each) => each.offsetTop > all[0].offsetTop);
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: across, ArrowUp: -across }[key];
  return step && across !== 0 ? all[place + step] : undefined;
}
