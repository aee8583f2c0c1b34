// Modalities: how each is called, coloured and ordered.

import { knows, percent, say, listing } from "./words.js";

export const WEIGHED = ["image", "text", "audio", "behaviour"];
const KNOWN = [...WEIGHED, "popularity"];

export const tone = (modality) => `tone-${KNOWN.includes(modality) ? modality : "other"}`;
export const called = (modality) => (knows(`mod.${modality}`) ? say(`mod.${modality}`) : modality);

/** Modalities of some amounts in the order in which they are always drawn. */
export const ordered = (amounts) => {
  const names = Object.keys(amounts);
  return [...KNOWN.filter((name) => names.includes(name)), ...names.filter((name) => !KNOWN.includes(name)).sort()];
};

/** "Looks 40%, words 30% and sound 30%", largest first; nothing below a per cent. */
export const spoken = (shares) =>
  listing(Object.entries(shares).filter(([, part]) => part >= 0.005).sort((a, b) => b[1] - a[1])
    .map(([name, part]) => say("card.share", { mod: called(name), share: percent(part) })));

/** The mean share of each modality over a list. */
export function mean(shares) {
  const sum = {};
  for (const each of shares) for (const [name, part] of Object.entries(each)) sum[name] = (sum[name] ?? 0) + part;
  const known = shares.filter((each) => Object.keys(each).length).length || 1;
  return Object.fromEntries(Object.entries(sum).map(([name, part]) => [name, part / known]));
}
