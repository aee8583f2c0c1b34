// What both documents share: light and dark, the way out.

import { $ } from "./dom.js";
import { welcome } from "./signin.js";

const YEAR = 365 * 24 * 3600;
const root = document.documentElement;

const dark = () => {
  const chosen = root.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
};

/** Ready when somebody may ask the server something. */
export function frame() {
  const button = $("#theme");
  const show = () => button.setAttribute("aria-pressed", String(dark()));
  button.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    $("meta[name=color-scheme]").content = root.dataset.theme;
    document.cookie = `prismrec_theme=${root.dataset.theme}; path=/; max-age=${YEAR}; samesite=lax`;
    show();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
  show();
  return welcome();
}
