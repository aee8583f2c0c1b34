// One record: what it is, why it is recommended and another one is not, and what is like it.

import * as api from "./api.js";
import { $, h, icon, sheet, tongue } from "./dom.js";
import { ACTS, spectrum } from "./card.js";
import { art, byline, has, item, learn, lookUp } from "./items.js";
import { playButton } from "./player.js";
import { toast } from "./saying.js";
import { person } from "./state.js";
import { called, ordered, tone } from "./tones.js";
import { decimal, knows, number, say, tail } from "./words.js";

const SPEAKERS = 6, LIKE = 8, QUARTER = 4;
let shown = null;

/** Open the panel of a record; `does` acts on it, `others` are records to compare it with. */
export async function openRecord(id, does, others) {
  shown = id;
  await lookUp([id]).catch(() => {});
  if (shown !== id) return;
  const known = item(id), dialog = sheet($("#record"), "record-title", known.title, say("close"));
  const why = h("section", { class: "part" }, h("h3", {}, say("record.why")), h("p", { class: "soft note" }, say("list.loading")));
  const like = h("section", { class: "part" });
  dialog.append(head(id, known, does), known.text ? h("p", { class: "blurb", ...tongue(known.text) }, known.text) : "", why, like);
  const again = (next) => openRecord(next, does, others);
  similar(like, id, again);
  await explain(why, id, { others: others.filter((each) => each.item !== id), again });
}

function head(id, known, does) {
  const facts = Object.entries(known.columns ?? {}).filter(([name, value]) => name !== "artist" && value && !known.text?.includes(value)).map(([name, value]) => `${knows(`column.${name}`) ? say(`column.${name}`) : name}: ${value}`);
  return h("div", { class: "head" }, h("div", { class: "cover" }, art(id, { side: 480 }), has(id, "audio") && playButton(id)),
    h("div", {}, h("p", { ...tongue(byline(id)) }, byline(id)), facts.length > 0 && h("p", { class: "columns" }, facts.join(" · ")),
      h("div", { class: "row" }, Object.entries(ACTS).map(([act, drawing]) => h("button", { class: "button tiny", type: "button", "data-act": act, on: { click: () => { $("#record").close(); does(act, id); } } }, icon(drawing), say(`act.${act}`))))));
}

async function explain(box, id, { others, again }) {
  let told;
  try {
    told = await api.explain({ person: person(), item: id });
  } catch (error) {
    if (shown !== id) return;
    const words = error.status === 422 || error.status === 400 ? say("record.no-why") : say("failed.any", { why: error.message });
    box.replaceChildren(h("h3", {}, say("record.why")), h("p", { class: "soft" }, words));
    return;
  }
  const past = told.past ?? [];
  learn(past.map(({ item: each, title }) => ({ item: each, title })));
  await lookUp(past.slice(0, SPEAKERS).map((each) => each.item)).catch(() => {});
  if (shown !== id) return;
  const reasons = Object.entries(told.by_reason ?? {}).filter(([, adds]) => Math.abs(adds) >= 0.001);
  box.replaceChildren(h("h3", {}, say("record.why")),
    h("p", { class: "soft note" }, say("record.place", { place: number(told.place), of: number(told.of) }), told.exact ? "" : ` ${say("record.inexact")}`),
    amounts(told.by_modality ?? {}, called, tone), posted(told),
    reasons.length > 0 && h("details", {}, h("summary", { class: "soft" }, say("record.more")), amounts(Object.fromEntries(reasons), (name) => (knows(`reason.${name}`) ? say(`reason.${name}`) : name), () => "tone-other", true)),
    past.length > 0 && h("h3", {}, say("record.past")), speakers(past.slice(0, SPEAKERS), again), against(id, told, others));
}

// What a person posted speaks through the modalities, so it is a part of their bars.
function posted(told) {
  const sum = Object.values(told.posted ?? {}).reduce((all, part) => all + part, 0);
  return Math.abs(sum) >= 0.005 && h("p", { class: "soft note" }, say("record.posted", { n: `${sum > 0 ? "+" : ""}${decimal(sum)}` }));
}

/** Bars to the right for what speaks for, to the left for what speaks against. */
function amounts(parts, name, colour, byAmount = false) {
  const keys = byAmount ? Object.keys(parts) : ordered(parts);
  const most = Math.max(...Object.values(parts).map(Math.abs), 1e-9), less = keys.some((key) => parts[key] < -most / 200);
  const zero = less ? 30 : 0, room = less ? 70 : 100;
  return h("dl", { class: "amounts" }, keys.map((key) => {
    const wide = Math.min(Math.abs(parts[key]) / most, 1) * (parts[key] < 0 ? zero : room);
    return h("div", { class: `amount ${colour(key)}` }, h("dt", { class: "name" }, name(key)),
      h("dd", { class: "track", "aria-hidden": "true", css: { margin: "0" } }, h("span", { class: "fill", css: { width: `${Math.max(wide, 0.5)}%`, left: `${parts[key] < 0 ? zero - wide : zero}%` } }), less && h("span", { class: "zero", css: { left: `${zero}%` } })),
      h("dd", { class: "n", css: { margin: "0" } }, `${parts[key] > 0 ? "+" : ""}${decimal(parts[key])}`));
  }));
}

function speakers(past, again) {
  return h("ul", { class: "speakers" }, past.map((each) => h("li", { class: "speaker" },
    h("button", { type: "button", "aria-label": each.title, on: { click: () => again(each.item) } }, art(each.item, { side: 96 })),
    h("div", {}, h("h4", { ...tongue(each.title) }, each.title), spectrum(fractions(each.by_modality)), h("ul", {}, grounds(each))))));
}

function fractions(amounts_) {
  const positive = Object.entries(amounts_ ?? {}).filter(([, amount]) => amount > 0);
  const whole = positive.reduce((sum, [, amount]) => sum + amount, 0) || 1;
  return Object.fromEntries(positive.map(([name, amount]) => [name, amount / whole]));
}

/** What two records have in common, a line each. */
function grounds({ alike = [], columns = {}, by_modality: by = {} }) {
  const lines = alike.map((each) => h("li", { class: tone(each.modality) }, ground(each)));
  const whole = Object.values(fractions(by)).length ? fractions(by) : {};
  if ((whole.behaviour ?? 0) >= 0.1) lines.push(h("li", { class: tone("behaviour") }, say("alike.people")));
  for (const [column, values] of Object.entries(columns)) {
    lines.push(h("li", {}, say("alike.column", { column: knows(`column.${column}`) ? say(`column.${column}`) : column, values: values.join(", ") })));
  }
  return lines;
}

function ground({ modality, missing, place, of, shared }) {
  const medium = knows(`medium.${modality}`) ? say(`medium.${modality}`) : called(modality);
  if (missing.length) return say(`alike.missing-${missing.length === 2 ? "both" : missing[0]}`, { mod: medium });
  if (place * QUARTER > of) return say("alike.little", { mod: called(modality) });
  const key = knows(`alike.${modality}`) ? `alike.${modality}` : "alike.other";
  const parts = Object.entries(shared ?? {}).filter(([, words]) => words.length).map(([kind, words]) => `${knows(`shared.${kind}`) ? say(`shared.${kind}`) : kind}: ${words.map(tail).join(", ")}`);
  return [say(key, { mod: called(modality), place: number(place), of: number(of) }), ...parts].join(" · ");
}

function against(id, told, others) {
  if (!others.length) return "";
  const answer = h("div", { "aria-live": "polite" });
  const pick = h("select", { id: "against", on: { change: async () => {
    if (!pick.value) return answer.replaceChildren();
    try {
      const { against: other } = await api.explain({ person: person(), item: id, against: pick.value });
      const ahead = other.difference >= 0;
      answer.replaceChildren(h("p", {}, say(ahead ? "record.ahead" : "record.behind", { title: told.title, other: other.title })), amounts(other.by_modality, called, tone));
    } catch (error) {
      answer.replaceChildren(h("p", { class: "wrong" }, say("failed.any", { why: error.message })));
    }
    return undefined;
  } } }, h("option", { value: "" }, say("record.against-none")), others.map((each) => h("option", { value: each.item, ...tongue(item(each.item).title) }, item(each.item).title)));
  return h("section", { class: "part" }, h("h3", {}, say("record.against")), h("label", { class: "field" }, h("span", {}, say("record.against-pick")), pick), answer);
}

function similar(box, id, again) {
  const shelf = h("ul", { class: "shelf", "aria-live": "polite" });
  const ways = ["", "image", "text", "audio"].filter((way) => !way || has(id, way));
  const show = async (way) => {
    for (const tab of tabs.children) tab.setAttribute("aria-pressed", String(tab.dataset.way === way));
    let found = [];
    try {
      found = (await api.similar(id, way, LIKE)).items;
      learn(found.map(({ item: each, title }) => ({ item: each, title })));
      await lookUp(found.map((each) => each.item)).catch(() => {});
    } catch (error) {
      if (error.status !== 422 && error.status !== 404) toast(say("failed.any", { why: error.message }), { bad: true, again: () => show(way) });
    }
    if (shown !== id || $("[aria-pressed=true]", tabs).dataset.way !== way) return;
    shelf.replaceChildren(...(found.length ? found.map((each) => spine(each.item, again)) : [h("li", { class: "soft" }, say("record.no-similar"))]));
  };
  const tabs = h("div", { class: "tabs", role: "group", "aria-label": say("record.similar") }, ways.map((way) =>
    h("button", { type: "button", "data-way": way, on: { click: () => show(way) } }, way ? say("record.by", { mod: called(way) }) : say("record.whole"))));
  box.append(h("h3", {}, say("record.similar")), tabs, shelf);
  show("");
}

const spine = (id, again) => h("li", {}, h("button", { type: "button", on: { click: () => again(id) } },
  art(id, { side: 320 }), h("span", { class: "title", ...tongue(item(id).title) }, item(id).title)));

