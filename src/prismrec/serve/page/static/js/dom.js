// Elements from plain values. Text is always a text node, so nothing that a shop holds becomes markup.

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element: `on` holds listeners, `css` properties of its style, other keys are attributes. */
export const h = (tag, attributes = {}, ...children) =>
  filled(document.createElement(tag), attributes, children);

/** An SVG element, likewise. */
export const s = (tag, attributes = {}, ...children) =>
  filled(document.createElementNS(SVG, tag), attributes, children);

export const $ = (selector, root = document) => root.querySelector(selector);

/** A drawing of the sprite. */
export const icon = (name) =>
  s("svg", { class: "icon", "aria-hidden": "true" },
    s("use", { href: `${document.body.dataset.static}/icons.svg#${name}` }));

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [type, does] of Object.entries(value)) element.addEventListener(type, does);
    else if (name === "css") for (const [key, what] of Object.entries(value)) element.style.setProperty(key, what);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const HAN = /\p{Script=Han}/u;
const LATIN = /\p{Script=Latin}/u;

/** The attribute `lang` of a text that may be in another language than the page. */
export function tongue(text) {
  const page = document.documentElement.lang;
  if (HAN.test(text) && !page.startsWith("zh")) return { lang: "zh-Hans" };
  if (LATIN.test(text) && !HAN.test(text) && !page.startsWith("en")) return { lang: "en" };
  return {};
}

export const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Call once, a while after the last of many calls. */
export function later(does, milliseconds) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => does(...given), milliseconds);
  };
}

/** Open a dialog with a title and a button that closes it. */
export function sheet(dialog, id, title, closing) {
  const head = h("div", { class: "sheet-head" },
    h("h2", { id, tabindex: "-1", autofocus: true, ...tongue(title) }, title),
    h("button", { class: "shut", type: "button", "aria-label": closing, on: { click: () => dialog.close() } }, icon("cross")));
  dialog.replaceChildren(head);
  if (!dialog.open) dialog.showModal();
  if (!dialog.dataset.ready) {
    dialog.dataset.ready = "yes";
    dialog.addEventListener("click", (event) => event.target === dialog && outside(dialog, event) && dialog.close());
  }
  dialog.scrollTop = 0;
  return dialog;
}

function outside(dialog, { clientX: x, clientY: y }) {
  const box = dialog.getBoundingClientRect();
  return x < box.left || x > box.right || y < box.top || y > box.bottom;
}
