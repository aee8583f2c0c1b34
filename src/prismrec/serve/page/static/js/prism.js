// The prism: a beam of white light that comes out as one ray per modality, as thick as its share.

import { s, still } from "./dom.js";
import { WEIGHED, tone } from "./tones.js";

const W = 380, ROW = 58;
const TOP = { x: 196, y: 42 }, LEFT = { x: 118, y: 186 }, RIGHT = { x: 274, y: 186 };
const IN = { x: 157, y: 116 }, OUT = { x: 236, y: 114 };
const LEAST = 1.5, MOST = 44; // pixels of a ray at its end
const LASTS = 420; // milliseconds that a change takes

let now = Object.fromEntries(WEIGHED.map((name) => [name, 0.25]));
let frame = 0;

/** Draw the prism; `light` changes it afterwards. */
export function drawPrism(svg) {
  const glow = s("radialGradient", { id: "glow" }, s("stop", { offset: "0", "stop-color": "#fff", "stop-opacity": ".55" }), s("stop", { offset: "1", "stop-color": "#fff", "stop-opacity": "0" }));
  const beam = s("linearGradient", { id: "beam" }, s("stop", { offset: "0", "stop-color": "#fff", "stop-opacity": "0" }), s("stop", { offset: ".5", "stop-color": "#fff", "stop-opacity": ".8" }), s("stop", { offset: "1", "stop-color": "#fff" }));
  const glass = s("linearGradient", { id: "glass", x1: "0", y1: "0", x2: "1", y2: "1" }, s("stop", { offset: "0", "stop-color": "#fff", "stop-opacity": ".22" }), s("stop", { offset: ".55", "stop-color": "#fff", "stop-opacity": ".04" }), s("stop", { offset: "1", "stop-color": "#fff", "stop-opacity": ".16" }));
  svg.replaceChildren(s("defs", {}, glow, beam, glass, ...WEIGHED.map(fade)),
    s("path", { d: `M-40 ${IN.y + 29}L${IN.x} ${IN.y - 2.5}L${IN.x} ${IN.y + 2.5}L-40 ${IN.y + 36}Z`, fill: "url(#beam)" }),
    ...WEIGHED.map((name) => s("path", { class: "inside", "data-ray": name, fill: `url(#ray-${name})`, opacity: ".4" })),
    ...WEIGHED.map((name) => s("path", { class: "ray", "data-ray": name, fill: `url(#ray-${name})` })),
    s("path", { d: `M${TOP.x} ${TOP.y}L${RIGHT.x} ${RIGHT.y}L${LEFT.x} ${LEFT.y}Z`, fill: "url(#glass)", stroke: "#fff", "stroke-opacity": ".82", "stroke-width": "2", "stroke-linejoin": "round" }),
    s("circle", { cx: IN.x, cy: IN.y, r: 13, fill: "url(#glow)" }), s("circle", { cx: OUT.x, cy: OUT.y, r: 22, fill: "url(#glow)" }));
  draw(svg);
}

const fade = (name) =>
  s("linearGradient", { id: `ray-${name}`, gradientUnits: "userSpaceOnUse", x1: IN.x, x2: W, class: tone(name) },
    s("stop", { offset: "0", "stop-color": "#fff", "stop-opacity": ".9" }),
    s("stop", { offset: ".42", "stop-color": "var(--tone)", "stop-opacity": ".95" }),
    s("stop", { offset: "1", "stop-color": "var(--tone)", "stop-opacity": ".62" }));

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
  WEIGHED.forEach((name, place) => {
    const thick = LEAST + now[name] * MOST, end = ROW * (place + 0.5), from = OUT.y + (place - 1.5) * 4;
    const half = 0.8 + now[name] * 2.6;
    const [inside, ray] = svg.querySelectorAll(`[data-ray=${name}]`);
    inside.setAttribute("d", `M${IN.x} ${IN.y}L${OUT.x - 4} ${from - half}L${OUT.x - 4} ${from + half}Z`);
    ray.setAttribute("d", `M${OUT.x - 5} ${from - half}C${OUT.x + 50} ${from - half} ${W - 70} ${end - thick / 2} ${W + 2} ${end - thick / 2}L${W + 2} ${end + thick / 2}C${W - 70} ${end + thick / 2} ${OUT.x + 50} ${from + half} ${OUT.x - 5} ${from + half}Z`);
  });
}

