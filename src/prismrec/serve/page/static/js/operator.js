// The operator's view: asks every two seconds how the server is, and draws it.

import * as api from "./api.js";
import { bars, lines } from "./charts.js";
import { $, h } from "./dom.js";
import { frame } from "./frame.js";
import { between, quantile, taken } from "./prometheus.js";
import { toast } from "./saying.js";
import { coverage, figures, problems, ready } from "./status.js";
import { called, tone } from "./tones.js";
import { clock, day, decimal, number, say } from "./words.js";

const EVERY = 2000, FIRST = 600, KEPT = 150; // milliseconds between looks, and looks that are kept
const ROUTES = 8;

const looks = [];
let last = null;
let paused = false;

async function look() {
  const metrics = await fetch("/metrics", { credentials: "same-origin" }).then((answer) => (answer.ok ? answer.text() : null)).catch(() => null);
  if (metrics !== null) {
    const now = taken(metrics);
    if (last) looks.push(between(last, now));
    looks.splice(0, looks.length - KEPT);
    last = now;
  }
  const [status, { versions }] = await Promise.all([api.status(), api.models()]);
  draw(status, versions);
}

function draw(status, versions) {
  $("#op-wrong").textContent = "";
  const fine = ready(status);
  $("#state").replaceChildren(h("span", { class: fine ? "light on" : "light off" }, say(fine ? "op.ready" : "op.not-ready")), ` ${say("op.state", { time: clock(new Date()) })}`);
  $("#tiles").replaceChildren(...[...traffic(), ...figures(status)].map(tile));
  const chart = (key, series) => panel(key, say(`${key}-note`), looks.length > 1 ? lines(say(key), series) : [h("p", { class: "soft" }, say("op.wait"))]);
  const over = (name) => looks.map((each) => [each.time, each[name]]);
  keep($("#panels"), [
    chart("op.traffic", [{ name: say("op.requests"), tone: "tone-text", values: over("rate") }]),
    chart("op.latency", [{ name: say("op.p50"), tone: "tone-behaviour", values: over("p50") }, { name: say("op.p99"), tone: "tone-image", values: over("p99") }]),
    panel("op.coverage", say("op.coverage-note"), [bars(coverage(status).map((each) => ({ ...each, name: called(each.modality), tone: tone(each.modality) })))]),
    panel("op.models", "", [models(versions)]), panel("op.quality", "", [quality(status)]), panel("op.routes", "", [routes()]),
  ]);
}

function traffic() {
  const now = looks.at(-1), all = last && { p50: quantile(last.buckets, 0.5), p99: quantile(last.buckets, 0.99) };
  const milliseconds = (value) => (value === null || value === undefined ? "–" : `${decimal(value, value < 10 ? 1 : 0)} ms`);
  return [
    { name: say("op.requests"), value: now ? decimal(now.rate, 1) : "–", note: say("op.per-second") },
    { name: say("op.latency"), value: milliseconds(now?.p50 ?? all?.p50), note: say("op.p50") },
    { name: say("op.latency"), value: milliseconds(now?.p99 ?? all?.p99), note: say("op.p99") },
    { name: say("op.errors"), value: last ? number(last.errors) : "–", note: say("op.errors-note"), bad: last?.errors > 0 },
  ];
}

const tile = ({ name, value, note = "", bad = false }) =>
  h("div", { class: bad ? "tile bad" : "tile" }, h("p", { class: "soft" }, name), h("p", { class: "value" }, value), note && h("p", { class: "soft note" }, note));

const panel = (key, note, children) => h("section", { class: "panel", "data-panel": key, "aria-labelledby": `${key}-title` },
  h("h2", { id: `${key}-title` }, say(key)), note && h("p", { class: "soft note" }, note), children.flat().filter(Boolean));

// What is open stays open, and what has the focus is left as it is.
function keep(box, panels) {
  for (const fresh of panels) {
    const there = $(`[data-panel="${fresh.dataset.panel}"]`, box);
    if (!there) box.append(fresh);
    else if (!there.contains(document.activeElement)) {
      if ($("details[open]", there)) $("details", fresh)?.setAttribute("open", "");
      if (there.textContent !== fresh.textContent || $("svg", fresh)) there.replaceWith(fresh);
    }
  }
}

function models(versions) {
  const back = h("button", { class: "button tiny", type: "button", disabled: versions.length < 2, on: { click: () => confirm(say("op.sure-back")) && change(api.rollBack) } }, say("op.back-one"));
  return h("div", {}, h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": say("op.models") }, h("table", {}, h("thead", {}, h("tr", {}, ["op.model", "op.created", "op.kind", ""].map((key) => (key ? h("th", { scope: "col" }, say(key)) : h("td", {}))))),
    h("tbody", {}, versions.map(version)))), h("div", { class: "row end" }, back));
}

const version = ({ id, created, kind, model, current, valid }) => h("tr", { "data-version": id },
  h("th", { scope: "row" }, h("code", {}, id.slice(0, 12))), h("td", {}, created ? day(new Date(created)) : "–"), h("td", {}, [model, kind].filter(Boolean).join(" · ")),
  h("td", {}, current ? h("strong", { class: "live" }, say("op.live")) : !valid ? h("span", { class: "wrong" }, say("op.damaged"))
    : h("button", { class: "button tiny", type: "button", "aria-label": say("op.activate-this", { id }), on: { click: () => confirm(say("op.sure", { id })) && change(() => api.activate(id)) } }, say("op.activate"))));

async function change(how) {
  document.activeElement?.blur();
  try {
    await how();
    await look();
    const live = $(".live")?.closest("tr")?.dataset.version ?? "";
    toast(say("op.activated", { id: live }));
  } catch (error) {
    toast(say("failed.any", { why: error.message }), { bad: true });
  }
}

function quality(status) {
  const { kinds, lines: first } = problems(status);
  if (!kinds.length && !first.length) return h("p", { class: "soft" }, say("op.clean"));
  return h("div", {}, h("ul", { class: "found" }, kinds.map(({ text, count }) => h("li", {}, h("span", {}, text), h("span", { class: "n" }, number(count))))),
    first.length > 0 && h("details", {}, h("summary", {}, say("op.first")), h("ul", { class: "found", lang: "en" }, first.map((line) => h("li", {}, line)))));
}

function routes() {
  const rows = (last?.routes ?? []).filter((each) => each.count).slice(0, ROUTES);
  if (!rows.length) return h("p", { class: "soft" }, say("op.wait"));
  return h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": say("op.routes") }, h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, say("op.route")), h("th", { scope: "col" }, say("op.count")), h("th", { scope: "col" }, `${say("op.mean")} (ms)`))),
    h("tbody", {}, rows.map(({ route, count, seconds }) => h("tr", {}, h("th", { scope: "row" }, h("code", {}, route)), h("td", {}, number(count)), h("td", {}, decimal((1000 * seconds) / count, 1)))))));
}

async function go() {
  if (!paused && !document.hidden) {
    try {
      await look();
    } catch (error) {
      $("#op-wrong").textContent = say("failed.any", { why: error.message });
    }
  }
  setTimeout(go, looks.length > 1 ? EVERY : FIRST);
}

$("#pause").addEventListener("click", (event) => {
  paused = !paused;
  event.currentTarget.setAttribute("aria-pressed", String(paused));
  event.currentTarget.textContent = say(paused ? "op.go-on" : "op.pause");
});
await frame();
go();
