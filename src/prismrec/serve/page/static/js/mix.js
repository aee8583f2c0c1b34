// The sliders that weigh looks, words, sound and crowd, and the rays that lead to them.

import { $, h } from "./dom.js";
import { drawPrism, light } from "./prism.js";
import { change, state } from "./state.js";
import { WEIGHED, called, tone } from "./tones.js";
import { decimal, percent, say } from "./words.js";

const MOST = 2; // a modality counts twice at most; 1 is as the model has it
let shares = {};

export function mix() {
  drawPrism($("#prism"));
  $("#sliders").replaceChildren(...WEIGHED.map(slider));
  $("#mix-reset").addEventListener("click", () => change({ weights: {} }, { quick: true }));
  showMix();
}

function slider(name) {
  const id = `weigh-${name}`;
  const input = h("input", { type: "range", id, name, min: "0", max: String(MOST), step: "0.1", css: { "--track": "var(--tone)" },
    on: { input: () => change({ weights: { ...state.weights, [name]: Number(input.value) } }, { quick: true }) } });
  return h("div", { class: `slider ${tone(name)}` },
    h("label", { for: id }, h("span", { class: "name" }, called(name))), h("output", { for: id }), input);
}

/** Put every slider where the state has it. */
export function showMix() {
  for (const name of WEIGHED) {
    const input = $(`#weigh-${name}`), weight = state.weights[name] ?? 1;
    input.value = String(weight);
    input.style.setProperty("--at", `${(100 * weight) / MOST}%`);
    const part = shares[name];
    input.setAttribute("aria-valuetext", say("mix.value", { mod: called(name), weight: decimal(weight, 1), share: percent(part ?? 0) }));
    $(`output[for=weigh-${name}]`).textContent = `${part === undefined ? "" : `${percent(part)} · `}×${decimal(weight, 1)}`;
  }
  $("#mix-reset").disabled = WEIGHED.every((name) => (state.weights[name] ?? 1) === 1);
}

/** Let the rays show what each modality has in the list. */
export function showShares(found) {
  shares = found;
  light($("#prism"), found);
  showMix();
}
