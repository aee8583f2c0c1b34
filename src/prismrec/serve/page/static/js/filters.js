// Filters: columns of the catalogue, in stock, and how unlike each other the records should be.

import * as api from "./api.js";
import { $, h, icon, tongue } from "./dom.js";
import { change, state } from "./state.js";
import { toast } from "./saying.js";
import { knows, number, say } from "./words.js";

const MOST = 200; // values shown of a column
const NARROWED = 12; // from which a column has a field to find values by
let columns = {};

const titled = (name) => (knows(`column.${name}`) ? say(`column.${name}`) : name.replaceAll("_", " "));

export async function filters() {
  document.addEventListener("click", (event) => document.querySelectorAll(".facet[open]").forEach((each) => each.contains(event.target) || (each.open = false)));
  document.addEventListener("keydown", (event) => {
    const open = event.key === "Escape" && $(".facet[open]");
    if (open) { open.open = false; $("summary", open).focus(); }
  });
  draw();
  try {
    columns = (await api.facets()).facets;
    draw();
  } catch (error) {
    toast(say("failed.any", { why: error.message }), { bad: true, again: filters });
  }
}

function draw() {
  const variety = h("input", { type: "range", id: "variety", min: "0", max: "1", step: "0.05", value: String(state.diversity), on: { input: () => change({ diversity: Number(variety.value) }, { quick: true }) } });
  const stock = h("input", { type: "checkbox", id: "stock", checked: state.inStock, on: { change: () => change({ inStock: stock.checked }) } });
  $("#filters").replaceChildren(h("label", { class: "variety", for: "variety" }, say("filter.variety"), variety),
    h("label", { class: "toggle" }, stock, say("filter.stock")), ...Object.keys(columns).filter((name) => columns[name].length > 1).map(facet));
  showFilters();
}

function facet(name) {
  const values = columns[name].slice(0, MOST);
  const list = h("ul", { "aria-label": titled(name) }, values.map(([value, count]) => choice(name, value, count)));
  const find = h("input", { type: "search", "aria-label": say("filter.find", { name: titled(name) }), placeholder: say("filter.find", { name: titled(name) }), on: { input: () => {
    for (const [place, row] of [...list.children].entries()) row.hidden = !values[place][0].toLowerCase().includes(find.value.trim().toLowerCase());
  } } });
  return h("details", { class: "facet", "data-column": name }, h("summary", { class: "button tiny" }, titled(name)), h("div", {}, values.length > NARROWED && find, list));
}

function choice(name, value, count) {
  const box = h("input", { type: "checkbox", value, checked: (state.columns[name] ?? []).includes(value), on: { change: () => {
    const others = (state.columns[name] ?? []).filter((each) => each !== value);
    change({ columns: { ...state.columns, [name]: box.checked ? [...others, value] : others } });
  } } });
  return h("li", {}, h("label", {}, box, h("span", { ...tongue(value) }, value), h("span", { class: "n" }, number(count))));
}

/** Put every control where the state has it, and show what is chosen as chips. */
export function showFilters() {
  const chosen = Object.entries(state.columns).flatMap(([name, values]) => values.map((value) => [name, value]));
  for (const box of document.querySelectorAll(".facet input[type=checkbox]")) {
    box.checked = (state.columns[box.closest(".facet").dataset.column] ?? []).includes(box.value);
  }
  $("#stock").checked = state.inStock;
  const variety = $("#variety");
  variety.value = String(state.diversity);
  variety.style.setProperty("--at", `${100 * state.diversity}%`);
  $("#chips").replaceChildren(...chosen.map(([name, value]) => h("li", {}, h("button", { class: "button tiny", type: "button", "aria-label": say("filter.drop", { name: value }), on: { click: () => drop(name, value) } }, value, icon("cross")))),
    ...(chosen.length > 1 ? [h("li", {}, h("button", { class: "link", type: "button", on: { click: () => { change({ columns: {} }); $("#list-title").focus(); } } }, say("filter.off")))] : []));
}

function drop(name, value) {
  change({ columns: { ...state.columns, [name]: state.columns[name].filter((each) => each !== value) } });
  $("#list-title").focus();
}
