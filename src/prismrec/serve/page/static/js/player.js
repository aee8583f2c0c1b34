// Sounds: one at a time, over and over until it is stopped.

import { audio } from "./api.js";
import { $, h, icon, s } from "./dom.js";
import { art, item } from "./items.js";
import { toast } from "./saying.js";
import { say } from "./words.js";

const ROUND = 2 * Math.PI * 20; // of the ring
const HEARD = 1.5; // seconds of playing that count as a view

const sound = new Audio();
let playing = null;
let started = 0;
const listeners = new Set();

sound.loop = true;
sound.preload = "none";

export const isPlaying = (id) => playing === id;

/** Be told when an item has been listened to. */
export const whenHeard = (does) => listeners.add(does);

export function stop() {
  const id = playing;
  playing = null;
  sound.pause();
  if (!id) return;
  show(id, false);
  $("#dock").hidden = true;
  if (performance.now() - started > HEARD * 1000) listeners.forEach((does) => does(id));
}

export async function toggle(id) {
  const was = playing;
  stop();
  if (was === id) return;
  playing = id;
  sound.src = audio(id);
  started = performance.now();
  show(id, true);
  dock(id);
  try {
    await sound.play();
    started = performance.now();
    requestAnimationFrame(turn);
  } catch (error) {
    if (error.name === "AbortError" || playing !== id) return;
    stop();
    toast(say("failed.play", { title: item(id).title }), { bad: true });
  }
}

/** The button that plays an item. */
export function playButton(id) {
  const ring = s("svg", { class: "ring", viewBox: "0 0 46 46", "aria-hidden": "true" },
    s("circle", { cx: 23, cy: 23, r: 20 }),
    s("circle", { class: "gone", cx: 23, cy: 23, r: 20, "stroke-dasharray": ROUND, "stroke-dashoffset": ROUND }));
  const button = h("button", { class: "play", type: "button", "data-plays": id,
    on: { click: (event) => { event.stopPropagation(); toggle(id); } } }, ring, h("span", {}));
  face(button, isPlaying(id));
  return button;
}

const buttons = (id) => document.querySelectorAll(`[data-plays="${CSS.escape(id)}"]`);

function face(button, on) {
  const { plays } = button.dataset;
  button.setAttribute("aria-label", say(on ? "card.stop" : "card.play", { title: item(plays).title }));
  button.classList.toggle("on", on);
  button.lastChild.replaceChildren(icon(on ? "stop" : "play"));
  if (!on) button.querySelector(".gone")?.setAttribute("stroke-dashoffset", ROUND);
}

const show = (id, on) => buttons(id).forEach((button) => face(button, on));

function dock(id) {
  const box = $("#dock");
  box.hidden = false;
  box.replaceChildren(art(id, { side: 96 }), h("p", {}, item(id).title),
    h("button", { type: "button", "aria-label": say("card.stop", { title: item(id).title }), on: { click: stop } }, icon("stop")),
    h("i", { "aria-hidden": "true" }));
}

function turn() {
  if (!playing) return;
  const gone = sound.duration ? sound.currentTime / sound.duration : 0;
  for (const button of buttons(playing)) button.querySelector(".gone").setAttribute("stroke-dashoffset", ROUND * (1 - gone));
  $("#dock i")?.style.setProperty("transform", `scaleX(${gone})`);
  requestAnimationFrame(turn);
}
