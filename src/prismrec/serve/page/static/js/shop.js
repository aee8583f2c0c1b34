// The shop: asks for the list whenever something was chosen, and shows it.

import { act, viewed } from "./acting.js";
import { adding } from "./add.js";
import * as api from "./api.js";
import { $, h, later } from "./dom.js";
import { filters, showFilters } from "./filters.js";
import { frame } from "./frame.js";
import { cardOf, ghosts, keys, settled, showCards, waiting } from "./grid.js";
import { art, item, learn, lookUp } from "./items.js";
import { choose, listeners } from "./listeners.js";
import { mix, showMix, showShares } from "./mix.js";
import { stop, whenHeard } from "./player.js";
import { openRecord } from "./record.js";
import { toast, whisper } from "./saying.js";
import { endSearch, found, searching, sought } from "./search.js";
import { asked, change, isFresh, state, watch } from "./state.js";
import { called, mean, tone } from "./tones.js";
import { listing, number, say } from "./words.js";

const PAGE = 24, MOST = 192, PATIENCE = 90; // records at once; milliseconds after the last change
const SPEAKERS = 8, NAMES = 3;

let list = [];
let amount = PAGE;
let looking = false; // whether search results are shown
let running = null;
const heardHere = new Set();

/** Fetch the list again and show it; `keep` leaves records where they are that were only heard. */
async function refresh({ keep = false } = {}) {
  running?.abort();
  const mine = (running = new AbortController());
  waiting();
  try {
    const answer = looking ? { items: await found(amount, mine.signal) } : await api.recommend(asked(amount), mine.signal);
    learn(answer.items.map(({ item: id, title }) => ({ item: id, title })));
    const past = answer.items.flatMap((each) => (each.because ?? []).map((because) => because.item));
    await lookUp([...answer.items.map((each) => each.item), ...past, ...(state.who.history ?? [])]);
    if (mine.signal.aborted) return;
    show(answer, keep);
  } catch (error) {
    if (error.name === "AbortError" || mine.signal.aborted) return;
    settled();
    toast(say(looking ? "failed.search" : "failed.list", { why: error.message }), { bad: true, again: refresh });
  }
}

const soon = later(refresh, PATIENCE);

function show(answer, keep) {
  list = keep ? withHeard(answer.items) : answer.items;
  if (!keep) heardHere.clear();
  showCards(list, does);
  $("#empty").hidden = list.length > 0;
  $("#empty").textContent = say(looking ? "search.none" : "list.empty");
  $("#more").hidden = list.length < amount || amount >= MOST;
  $("#list-title").textContent = looking ? say("search.title", { what: sought() }) : say("list.title");
  $("#search-end").hidden = !looking;
  if (!looking) showWho(answer);
  if (list.length) whisper(say("list.count", { n: number(list.length), title: list[0].title }));
  else whisper($("#empty").textContent);
}

// The model leaves out what was used. A record that was only listened to stays until the person
// asks for another list: it would be strange if it vanished before they could like it.
function withHeard(items) {
  const there = new Set(items.map((each) => each.item)), kept = [...items];
  list.forEach((each, place) => {
    if (heardHere.has(each.item) && !there.has(each.item)) kept.splice(Math.min(place, kept.length), 0, each);
  });
  return kept;
}

function showWho({ by, items }) {
  const { who } = state;
  const unknown = by === "popularity" || (who.kind === "stranger" && !who.history.length);
  $("#by").textContent = say(unknown ? "by.popularity" : "by.model");
  $("#whose").textContent = who.kind === "user" ? say("who.user", { user: who.user }) : who.kind === "group" ? say("who.group", { users: names(who.users) }) : say("who.stranger");
  $("#stranger").hidden = who.kind === "stranger" && !who.history.length;
  $("#stranger").textContent = say(who.kind === "stranger" ? "listener.again" : "listener.stranger");
  showShares(mean(items.map((each) => each.shares ?? {})));
  if (who.kind === "stranger") showHistory(who.history);
  else showSpeakers(items);
}

const names = (users) => listing(users.length > NAMES ? [...users.slice(0, NAMES), say("who.more", { n: number(users.length - NAMES) })] : users);

function showHistory(history) {
  $("#past-title").textContent = say("past.yours");
  $("#past").replaceChildren(...(history.length ? history.toReversed().map((id) => h("li", {},
    h("button", { type: "button", "aria-label": say("past.drop", { title: item(id).title }), title: item(id).title, on: { click: () => {
      change({ who: { ...state.who, history: history.filter((each) => each !== id) } });
      $("#whose").focus();
    } } }, art(id, { side: 96 })))) : [h("li", { css: { width: "auto" } }, h("p", {}, say("past.stranger")))]));
}

function showSpeakers(items) {
  const sum = new Map();
  for (const { because = [] } of items) for (const each of because) {
    const there = sum.get(each.item) ?? { ...each, share: 0, most: 0 };
    sum.set(each.item, { ...there, share: there.share + each.share, ...(each.share > there.most && { most: each.share, modality: each.modality }) });
  }
  const best = [...sum.values()].sort((a, b) => b.share - a.share).slice(0, SPEAKERS);
  $("#past-title").textContent = say("past.speaks");
  $("#past").replaceChildren(...(best.length ? best.map((each) => h("li", { class: `from ${tone(each.modality)}` },
    h("button", { type: "button", title: each.title, "aria-label": say("past.open", { title: each.title, mod: called(each.modality) }), on: { click: () => does("open", each.item) } }, art(each.item, { side: 96 })))) : [h("li", { css: { width: "auto" } }, h("p", {}, say("past.none")))]));
}

/** What a card or the panel of a record asks for. */
async function does(what, id) {
  if (what === "open") return openRecord(id, does, looking ? [] : list);
  cardOf(id)?.classList.add("going");
  const safe = await act(what, id, () => does(what, id));
  if (!safe) return cardOf(id)?.classList.remove("going");
  heardHere.delete(id);
  if (looking) return settleSearch(what, id);
  return refresh({ keep: true });
}

// In search results a record stays where it is, unless it is not wanted.
function settleSearch(what, id) {
  toast(say(`did.${what}`, { title: item(id).title }));
  cardOf(id)?.classList.remove("going");
  if (what === "dislike" || what === "skip") showCards((list = list.filter((each) => each.item !== id)), does);
}

function changed({ quick = false, silent = false }) {
  showMix();
  showFilters();
  if (silent) return;
  if (quick) {
    if (!looking) soon();
    return;
  }
  amount = PAGE;
  soon();
}

function lookFor(on) {
  looking = on;
  amount = PAGE;
  stop();
  // The sliders weigh a taste; results of a search have none.
  $(".booth").hidden = on;
  $("#looking").hidden = !on;
  $(".variety").hidden = on;
  ghosts(8);
  refresh();
  scrollTo({ top: 0 });
  $(on ? "#list-title" : "#whose").focus({ preventScroll: true });
}

// The list as it was asked for when the record was found in it: as the model has it, unfiltered.
async function seeIn(user, id) {
  endSearch();
  if (looking) lookFor(false);
  amount = PAGE;
  choose({ kind: "user", user }, { weights: {}, diversity: 0, columns: {}, inStock: false }, { silent: true });
  await refresh();
  const there = cardOf(id);
  if (!there) return;
  document.querySelectorAll(".card.found").forEach((each) => each.classList.remove("found"));
  there.classList.add("found");
  there.scrollIntoView({ block: "center" });
  $(".open", there).focus({ preventScroll: true });
}

async function start() {
  const allowed = frame();
  mix();
  listeners();
  keys();
  searching(() => lookFor(true));
  adding({ see: seeIn, gone: () => refresh() });
  whenHeard((id) => { heardHere.add(id); viewed(id); });
  watch(changed);
  $("#search-end").addEventListener("click", () => { endSearch(); lookFor(false); });
  $("#more").addEventListener("click", () => { amount += PAGE; refresh({ keep: true }); });
  $("#empty").before(h("p", { class: "unseen", id: "grid-keys" }, say("card.keys")));
  $("#grid").setAttribute("aria-describedby", "grid-keys");
  ghosts(12);
  await allowed;
  filters();
  if (isFresh()) await firstListener();
  refresh();
}

// Who comes for the first time sees somebody's taste; without listeners they are a stranger.
async function firstListener() {
  const { users } = await api.users("", 1).catch(() => ({ users: [] }));
  if (users.length) change({ who: { kind: "user", user: users[0].user } }, { silent: true });
}

start();
