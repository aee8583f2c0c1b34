// The prism: a beam of white light that comes out as one ray per modality, as thick as its share.

import { s, still } from "./dom.js";
import { WEIGHED, tone } from "./tones.js";

// Where the corners, the way in and the way out lie; a phone has room for less.
const WIDE = { row: 58, w: 380, top: [196, 38], left: [116, 188], right: [276, 188], in: [156, 115], out: [235, 112], near: 70 };
const NARROW = { row: 46, w: 132, top: [54, 48], left: [8, 134], right: [100, 134], in: [31, 92], out: [76, 90], near: 26 };
const phone = matchMedia("(max-width: 720px)");
const LEAST = 1.5, MOST = 58; // pixels of a ray at its end
const LASTS = 420; // milliseconds that a change takes

let now = Object.fromEntries(WEIGHED.map((name) => [name, 0.25]));
let frame = 0;

const shape = () => (phone.matches ? NARROW : WIDE);
const stops = (...all) => all.map(([offset, opacity, color = "#fff"]) => s("stop", { offset, "stop-opacity": opacity, "stop-color": color }));

/** Draw the prism; `light` changes it afterwards. */
export function drawPrism(svg) {
  const g = shape(), [x, y] = g.in;
  svg.setAttribute("viewBox", `0 0 ${g.w} ${g.row * WEIGHED.length}`);
  const glow = s("radialGradient", { id: "glow" }, stops([0, 0.55], [1, 0]));
  const beam = s("linearGradient", { id: "beam" }, stops([0, 0], [0.5, 0.8], [1, 1]));
  const glass = s("linearGradient", { id: "glass", x1: "0", y1: "0", x2: "1", y2: "1" }, stops([0, 0.24], [0.55, 0.04], [1, 0.16]));
  const lit = ([cx, cy], r) => s("circle", { cx, cy, r, fill: "url(#glow)" });
  const ray = (kind, opacity) => WEIGHED.map((name) => s("path", { class: kind, "data-ray": name, fill: `url(#ray-${name})`, opacity }));
  svg.replaceChildren(s("defs", {}, glow, beam, glass, WEIGHED.map((name) => fade(name, g))),
    s("path", { d: `M-60 ${y + 32}L${x} ${y - 2.5}V${y + 2.5}L-60 ${y + 40}Z`, fill: "url(#beam)" }), ...ray("inside", 0.45), ...ray("ray", 1),
    s("path", { d: `M${g.top}L${g.right}L${g.left}Z`, fill: "url(#glass)", stroke: "#fff", "stroke-opacity": 0.85, "stroke-width": 2, "stroke-linejoin": "round" }),
    lit(g.in, g.near / 5), lit(g.out, g.near / 3));
  draw(svg);
}

phone.addEventListener("change", () => drawPrism(document.querySelector("#prism")));

const fade = (name, g) =>
  s("linearGradient", { id: `ray-${name}`, gradientUnits: "userSpaceOnUse", x1: g.in[0], x2: g.w, class: tone(name) },
    stops([0, 0.9], [0.42, 0.95, "var(--tone)"], [1, 0.7, "var(--tone)"]));

/** Let the rays take the thickness of these shares, slowly where motion is welcome. */
export function light(svg, shares) {
  const from = now, begun = performance.now();
  const to = Object.fromEntries(WEIGHED.map((name) => [name, shares[name] ?? 0]));
  cancelAnimationFrame(frame);
  const step = (time) => {
    const way = still() ? 1 : Math.min(1, Math.max(0, (time - begun) / LASTS)), eased = 1 - (1 - way) ** 3;
    now = Object.fromEntries(WEIGHED.map((name) => [name, from[name] + (to[name] - from[name]) * eased]));
    draw(svg);
    if (way < 1) frame = requestAnimationFrame(step);
  };
  step(begun + (still() ? LASTS : 0));
}

function draw(svg) {
  const g = shape(), [x, y] = g.in, out = g.out[0] - 5, near = out + g.near * 0.8, far = g.w - g.near, end = g.w + 2;
  WEIGHED.forEach((name, place) => {
    const thick = (LEAST + now[name] * MOST) / 2, half = 0.8 + now[name] * 2.6;
    const from = g.out[1] + (place - 1.5) * 4, to = g.row * (place + 0.5);
    const [inside, ray] = svg.querySelectorAll(`[data-ray=${name}]`);
    inside.setAttribute("d", `M${x} ${y}L${out} ${from - half}V${from + half}Z`);
    ray.setAttribute("d", `M${out} ${from - half}C${near} ${from - half} ${far} ${to - thick} ${end} ${to - thick}V${to + thick}C${far} ${to + thick} ${near} ${from + half} ${out} ${from + half}Z`);
  });
}
