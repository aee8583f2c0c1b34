// Small charts: lines over time and bars, each with its numbers as a table.

import { h, s } from "./dom.js";
import { clock, number, percent, say } from "./words.js";

const W = 560, H = 170, LEFT = 44, BELOW = 22, TOP = 10;
const SPANS = [60000, 300000]; // milliseconds shown, at least and at most
const TICKS = 4;
const ROWS = 12; // of the table

/** A round number at or above a value. */
export function ceiling(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 2.5, 5, 10].map((step) => step * power).find((step) => step >= value * 0.999);
}

const brief = (value) => number(Number(value.toPrecision(value >= 100 ? 6 : 3)));

/** Lines over the last minutes, five at most: series of {name, tone, values: [[time, value or null]]}. */
export function lines(title, series, now = Date.now()) {
  const values = series.flatMap((each) => each.values.map(([, value]) => value)).filter((value) => value !== null);
  const first = series[0].values[0]?.[0] ?? now, span = Math.min(Math.max(now - first, SPANS[0]), SPANS[1]);
  const most = ceiling(Math.max(0, ...values));
  const x = (time) => LEFT + ((W - LEFT) * (time - now + span)) / span, y = (value) => TOP + (H - TOP - BELOW) * (1 - value / most);
  const rules = [0, 0.5, 1].map((part) => [s("line", { x1: LEFT, x2: W, y1: y(part * most), y2: y(part * most), class: "rule" }),
    s("text", { x: LEFT - 8, y: y(part * most) + 4, "text-anchor": "end" }, brief(part * most))]);
  const ticks = Array.from({ length: TICKS }, (_, n) => now - span * (1 - n / TICKS)).map((time, n) =>
    s("text", { x: x(time), y: H - 4, "text-anchor": n ? "middle" : "start" }, clock(new Date(time))));
  const drawn = series.map((each) => stretches(each.values).map((points) => s("g", { class: each.tone },
    s("path", { class: "area", d: `${path(points, x, y)}L${x(points.at(-1)[0])} ${y(0)}L${x(points[0][0])} ${y(0)}Z` }), s("path", { class: "curve", d: path(points, x, y) }))));
  const svg = s("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": title, class: "chart" }, rules, ticks, drawn);
  const key = series.length > 1 && h("ul", { class: "key" }, series.map((each) => h("li", { class: each.tone }, h("i", { "aria-hidden": "true" }), each.name)));
  return [key, svg, table(title, series)];
}

function stretches(values) {
  const all = [[]];
  for (const point of values) {
    if (point[1] === null) { if (all.at(-1).length) all.push([]); } else all.at(-1).push(point);
  }
  return all.filter((points) => points.length > 1);
}

const path = (points, x, y) => points.map(([time, value], n) => `${n ? "L" : "M"}${x(time).toFixed(1)} ${y(value).toFixed(1)}`).join("");

function table(title, series) {
  const times = series[0].values.slice(-ROWS).toReversed();
  const rows = times.map(([time], n) => h("tr", {}, h("th", { scope: "row" }, clock(new Date(time))), series.map((each) => {
    const value = each.values.at(-1 - n)?.[1];
    return h("td", {}, value === null || value === undefined ? "–" : brief(value));
  })));
  return h("details", {}, h("summary", {}, say("op.table", { name: title })), h("table", {},
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, say("op.time")), series.map((each) => h("th", { scope: "col" }, each.name)))), h("tbody", {}, rows)));
}

/** Bars of parts of a whole: [{name, tone, have, has, of}]; a pale bar is what could be had. */
export const bars = (rows) =>
  h("dl", { class: "shares" }, rows.map(({ name, tone, have, has, of }) => h("div", { class: tone },
    h("dt", {}, name), h("dd", { class: "track", "aria-hidden": "true" }, wide("pale", has, of), wide("fill", have, of)),
    h("dd", {}, say("op.covered", { share: percent(of ? have / of : 0), have: number(have), has: number(has), of: number(of) })))));

const wide = (kind, part, whole) => h("span", { class: kind, css: { width: `${whole ? (100 * part) / whole : 0}%` } });
