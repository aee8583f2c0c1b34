// Drawn covers: a picture of our own for an item that has none, always the same for the same item.

import { s } from "./dom.js";

/** Numbers from 0 to 1 that depend on a name alone (xmur3 and mulberry32, public domain). */
export function dice(name) {
  let seed = 1779033703 ^ name.length;
  for (let place = 0; place < name.length; place++) {
    seed = Math.imul(seed ^ name.charCodeAt(place), 3432918353);
    seed = (seed << 13) | (seed >>> 19);
  }
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const PAPERS = [["#20242e", "#e8dcc4"], ["#e9dfcc", "#28323f"], ["#3a2a2c", "#f0c9a0"], ["#d8e0da", "#1f3a36"], ["#2b2740", "#d9cdf2"], ["#efe3d8", "#6d2f23"]];
const LIGHTS = ["#e0693b", "#4a90d9", "#9a74dd", "#2fa47c", "#e2b04a", "#d2607f"];
const DRAWINGS = [grooves, rays, hills, shards, moons];

/** The drawing of an item. */
export function drawn(name) {
  const roll = dice(name);
  const pick = (from) => from[Math.floor(roll() * from.length)];
  const [paper, ink] = pick(PAPERS);
  const first = Math.floor(roll() * LIGHTS.length);
  const lights = [0, 1, 2].map((step) => LIGHTS[(first + step * 2 + (step === 2)) % LIGHTS.length]);
  const draw = pick(DRAWINGS);
  return s("svg", { viewBox: "0 0 100 100", preserveAspectRatio: "xMidYMid slice", "aria-hidden": "true" },
    s("rect", { width: 100, height: 100, fill: paper }), draw({ roll, paper, ink, lights }));
}

function grooves({ roll, ink, lights }) {
  const x = 25 + roll() * 50, y = 25 + roll() * 50;
  const rings = Array.from({ length: 15 }, (_, n) => s("circle", {
    cx: x, cy: y, r: 16 + n * 5.2, fill: "none", stroke: ink, "stroke-width": 0.5 + roll() * 1.1, opacity: 0.75 - n * 0.035,
  }));
  return [...rings, s("circle", { cx: x, cy: y, r: 13, fill: lights[0] }), s("circle", { cx: x, cy: y, r: 6.5, fill: lights[1] }), s("circle", { cx: x, cy: y, r: 1.3, fill: ink })];
}

function rays({ roll, ink, lights }) {
  const x = 30 + roll() * 16, y = 40 + roll() * 20;
  const fan = lights.map((light, n) => {
    const from = -34 + n * 24 + roll() * 6;
    return s("path", { d: `M${x} ${y}L130 ${y + from * 1.9}L130 ${y + (from + 20) * 1.9}Z`, fill: light, opacity: 0.9 });
  });
  return [...fan, s("path", { d: `M-5 ${y + 16}L${x} ${y}`, stroke: ink, "stroke-width": 1.6 }),
    s("path", { d: `M${x - 3} ${y - 21}l17 32h-34z`, fill: "none", stroke: ink, "stroke-width": 1.8, "stroke-linejoin": "round" })];
}

function hills({ roll, ink, lights }) {
  const sun = s("circle", { cx: 20 + roll() * 60, cy: 26 + roll() * 12, r: 9 + roll() * 8, fill: lights[0] });
  const layers = [0, 1, 2, 3].map((n) => {
    const top = 46 + n * 13, swing = 5 + roll() * 10, at = roll() * 30;
    const d = `M-5 ${top + swing}C${15 + at / 2} ${top - swing} ${30 + at} ${top + swing * 1.6} ${55 + at / 2} ${top}S90 ${top - swing} 105 ${top + swing}V105H-5Z`;
    return s("path", { d, fill: n === 3 ? ink : lights[n % 3], opacity: n === 3 ? 1 : 0.55 + n * 0.18 });
  });
  return [sun, ...layers];
}

function shards({ roll, ink, lights }) {
  const pieces = Array.from({ length: 9 }, (_, n) => {
    const x = roll() * 100, y = roll() * 100, size = 14 + roll() * 30, turn = roll() * 360;
    return s("path", { d: "M0-1L.9.6L-.9.6Z", transform: `translate(${x} ${y}) rotate(${turn}) scale(${size})`, fill: n % 4 === 3 ? "none" : lights[n % 3], stroke: n % 4 === 3 ? ink : "none", "stroke-width": 0.05, opacity: 0.82 });
  });
  return pieces;
}

function moons({ roll, ink, lights }) {
  const across = 3 + Math.floor(roll() * 2), cell = 100 / across;
  return Array.from({ length: across * across }, (_, n) => {
    const x = (n % across + 0.5) * cell, y = (Math.floor(n / across) + 0.5) * cell, r = cell * 0.36;
    const light = lights[Math.floor(roll() * 3)], turn = Math.floor(roll() * 4) * 90, whole = roll() < 0.3;
    return s("g", { transform: `translate(${x} ${y}) rotate(${turn})` },
      s("circle", { r, fill: whole ? light : "none", stroke: ink, "stroke-width": whole ? 0 : 0.9 }),
      !whole && s("path", { d: `M0 ${-r}A${r} ${r} 0 0 1 0 ${r}Z`, fill: light }));
  });
}

/** A face for a listener: rings in three lights. */
export function face(name) {
  const roll = dice(`listener ${name}`);
  const first = Math.floor(roll() * LIGHTS.length);
  return s("svg", { viewBox: "0 0 30 30", "aria-hidden": "true" },
    s("rect", { width: 30, height: 30, fill: LIGHTS[first] }),
    s("circle", { cx: 8 + roll() * 14, cy: 8 + roll() * 14, r: 9 + roll() * 4, fill: LIGHTS[(first + 2) % 6], opacity: 0.9 }),
    s("circle", { cx: 8 + roll() * 14, cy: 8 + roll() * 14, r: 3 + roll() * 4, fill: LIGHTS[(first + 3) % 6] }));
}
