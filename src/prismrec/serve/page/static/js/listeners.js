// Who listens: one listener, several together, or a stranger.

import * as api from "./api.js";
import { $, h, later, sheet } from "./dom.js";
import { face } from "./drawn.js";
import { toast, whisper } from "./saying.js";
import { change, state } from "./state.js";
import { number, say } from "./words.js";

const SHOWN = 60, TOGETHER = ["mean", "least-misery", "most-pleasure"];
const chosen = new Set();

export function listeners() {
  $("#listener-open").addEventListener("click", open);
  $("#stranger").addEventListener("click", () => choose({ kind: "stranger", history: [] }));
}

/** Let somebody listen; `more` is changed along with it, `how` is passed on to who watches. */
export function choose(who, more = {}, how = {}) {
  change({ who, ...more }, how);
  if ($("#listeners").open) $("#listeners").close();
  $("#whose").focus({ preventScroll: true });
  scrollTo({ top: 0 });
}

function open() {
  const dialog = sheet($("#listeners"), "listeners-title", say("listener.title"), say("close"));
  chosen.clear();
  if (state.who.kind === "group") state.who.users.forEach((user) => chosen.add(user));
  const find = h("input", { type: "search", "aria-label": say("listener.find"), placeholder: say("listener.find"), autocomplete: "off" });
  const several = h("input", { type: "checkbox", checked: state.who.kind === "group" });
  const list = h("ul", { class: "people" }), none = h("p", { class: "soft", role: "status" });
  const many = h("div", { class: "many" });
  let people = [];
  const draw = () => {
    list.replaceChildren(...people.map((each) => person(each, people[0]?.events ?? 1, several.checked, () => drawMany(many))));
    many.hidden = !several.checked;
    drawMany(many);
  };
  const fetchThem = later(async () => {
    try {
      const found = await api.users(find.value.trim(), SHOWN);
      people = found.users;
      none.textContent = people.length ? say("listener.count", { n: number(found.total) }) : say("listener.none");
      draw();
    } catch (error) {
      toast(say("failed.any", { why: error.message }), { bad: true, again: fetchThem });
    }
  }, 120);
  find.addEventListener("input", fetchThem);
  several.addEventListener("change", draw);
  dialog.append(find, h("label", { class: "toggle" }, several, say("listener.many")), none, list, many);
  find.focus();
  fetchThem();
}

function person({ user, events }, most, several, redraw) {
  const facts = [h("span", { class: "face" }, face(user)), h("span", {}, user),
    h("span", { class: "much", "aria-hidden": "true", css: { width: `${Math.max(3, (100 * events) / Math.max(most, events))}%` } }),
    h("span", { class: "n" }, h("span", { class: "unseen" }, `${say("listener.events", { n: number(events) })}`), h("span", { "aria-hidden": "true" }, number(events)))];
  if (!several) {
    const here = state.who.kind === "user" && state.who.user === user;
    return h("li", {}, h("button", { class: "person", type: "button", "data-user": user, "aria-current": here && "true", on: { click: () => choose({ kind: "user", user }) } }, facts));
  }
  const box = h("input", { type: "checkbox", value: user, checked: chosen.has(user), on: { change: () => {
    if (box.checked) chosen.add(user); else chosen.delete(user);
    redraw();
  } } });
  return h("li", {}, h("label", { class: "person" }, h("span", { class: "row" }, box, facts.shift()), facts));
}

function drawMany(many) {
  const was = $("input:checked", many)?.value ?? state.who.together ?? TOGETHER[0];
  const ways = TOGETHER.map((way) => h("label", { class: "toggle" }, h("input", { type: "radio", name: "together", value: way, checked: way === was }), say(`listener.${way}`)));
  const enough = chosen.size >= 2;
  many.replaceChildren(h("fieldset", {}, h("legend", {}, say("listener.together")), ways),
    h("div", { class: "row end" }, !enough && h("p", { class: "soft note" }, say("listener.pick-two")),
      h("button", { class: "button primary", type: "button", disabled: !enough, on: { click: () => {
        choose({ kind: "group", users: [...chosen], together: $("input:checked", many).value });
        whisper(say("who.group", { users: [...chosen].join(", ") }));
      } } }, say("listener.go", { n: number(chosen.size) }))));
}
