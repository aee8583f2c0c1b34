// A new record: what it looks, reads and sounds like, and in whose lists it then stands.

import * as api from "./api.js";
import { $, h, sheet } from "./dom.js";
import { face } from "./drawn.js";
import { art, forget, item, lookUp } from "./items.js";
import { heard, pictured } from "./preview.js";
import { toast, whisper } from "./saying.js";
import { kind } from "./search.js";
import { called } from "./tones.js";
import { decimal, listing, number, percent, say } from "./words.js";

const FIRST = 20; // places of a list that count as being in it
const ASKED = 90, AT_ONCE = 4, ENOUGH = 6; // listeners asked, at once, and found before it ends
const files = { image: null, audio: null };

/** Let the button open the form; `see(user, id)` shows a list, `gone(id)` is told of a removal. */
export function adding(does) {
  $("#add-open").addEventListener("click", () => open(does));
  $("#add").addEventListener("close", () => hush());
}

let hush = () => {};

function open(does) {
  const dialog = sheet($("#add"), "add-title", say("add.title"), say("close"));
  files.image = files.audio = null;
  const bar = h("progress", { max: "1", value: "0", hidden: true, "aria-label": say("add.do") }), state = h("p", { class: "soft", role: "status" });
  const wrong = h("p", { class: "wrong", role: "alert" }), button = h("button", { class: "button primary" }, say("add.do"));
  const form = h("form", {}, h("p", { class: "soft" }, say("add.lead")),
    field("title", h("input", { type: "text", name: "title", required: true, maxlength: "500", autocomplete: "off" }), "add.name"),
    field("artist", h("input", { type: "text", name: "artist", maxlength: "500", autocomplete: "off" }), "add.artist"),
    field("text", h("textarea", { name: "text", maxlength: "20000", placeholder: say("add.text-hint") }), "add.text"),
    h("div", { class: "zones" }, zone("image"), zone("audio")), wrong, bar, state, h("div", { class: "row end" }, button));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    wrong.textContent = "";
    button.disabled = true;
    bar.hidden = false;
    try {
      const made = await send(form, (share) => {
        bar.value = share;
        state.textContent = share < 1 ? say("add.sending", { share: percent(share) }) : say("add.reading");
      });
      await done(dialog, made, does);
    } catch (error) {
      wrong.textContent = say("add.wrong", { why: error.message });
      state.textContent = "";
      bar.hidden = true;
      button.disabled = false;
    }
  });
  dialog.append(form);
  form.elements.title.focus();
}

const field = (name, input, key) => h("label", { class: "field" }, h("span", {}, say(key)), input);

function send(form, sent) {
  const { title, artist, text } = form.elements;
  const columns = artist.value.trim() ? { artist: artist.value.trim() } : {};
  const about = { title: title.value.trim(), text: text.value.trim() || null, columns };
  const body = new FormData();
  body.set("item", new Blob([JSON.stringify(about)], { type: "application/json" }));
  for (const medium of ["image", "audio"]) if (files[medium]) body.set(medium, files[medium]);
  return api.put(`new-${api.once().slice(0, 10)}`, body, sent);
}

/** A place to drop a picture or a sound, or to choose one. */
function zone(medium) {
  const key = medium === "image" ? "picture" : "sound";
  const input = h("input", { class: "unseen", type: "file", name: medium, accept: `${medium}/*`, "aria-label": say(`add.${key}`) });
  const box = h("label", { class: "zone" }), below = h("div", { class: "picked" });
  const clear = () => {
    hush();
    files[medium] = null;
    input.value = "";
    box.replaceChildren(input, h("strong", { "aria-hidden": "true" }, say(`add.${key}`)), h("span", { "aria-hidden": "true" }, say(`add.drop-${key}`)));
    below.replaceChildren();
  };
  const take = async (file) => {
    if (kind(file) !== medium) return toast(say("search.wrong-type", { name: file.name }), { bad: true });
    files[medium] = file;
    box.replaceChildren(input, h("strong", {}, file.name));
    const away = h("button", { class: "link", type: "button", on: { click: () => { clear(); input.focus(); } } }, say("add.away"));
    below.replaceChildren(h("span", { class: "soft" }, `${number(Math.ceil(file.size / 1024))} KB`), away);
    return preview(medium, file, { box, below });
  };
  input.addEventListener("change", () => input.files[0] && take(input.files[0]));
  box.addEventListener("dragover", (event) => { event.preventDefault(); box.classList.add("over"); });
  box.addEventListener("dragleave", () => box.classList.remove("over"));
  box.addEventListener("drop", (event) => {
    event.preventDefault();
    box.classList.remove("over");
    if (event.dataTransfer.files[0]) take(event.dataTransfer.files[0]);
  });
  clear();
  return h("div", {}, box, below);
}

async function preview(medium, file, { box, below }) {
  try {
    if (medium === "image") {
      const canvas = await pictured(file);
      if (files.image === file) box.append(canvas);
      return;
    }
    const { canvas, toggle, stop } = await heard(file);
    if (files.audio !== file) return;
    hush = stop;
    const button = h("button", { class: "link", type: "button", on: { click: () => show(toggle(() => show(false))) } });
    const show = (on) => { button.textContent = say(on ? "act.stop" : "add.listen"); };
    show(false);
    box.append(canvas);
    below.insertBefore(button, below.lastChild);
  } catch {
    if (medium === "image") below.prepend(h("span", { class: "soft" }, say("add.unreadable-picture")));
  }
}

async function done(dialog, made, does) {
  hush();
  forget(made.item);
  await lookUp([made.item]).catch(() => {});
  const { title } = item(made.item), pending = made.pending ?? [];
  sheet(dialog, "add-title", say("add.done", { title }), say("close"));
  whisper(say("add.done", { title }));
  const lists = h("ul", { class: "lists" }), asking = h("p", { class: "soft", role: "status" });
  const read = made.encoded?.length ? say("add.encoded", { seconds: decimal(made.seconds ?? 0, 2), mods: listing(made.encoded.map(called)) }) : "";
  dialog.append(h("div", { class: "done" }, art(made.item, { side: 320 }), h("div", {}, h("p", {}, read), pending.length > 0 && h("p", { class: "soft" }, say("add.pending", { mods: listing(pending.map(called)) })))),
    h("section", { class: "part" }, h("h3", {}, say("add.whose")), asking, lists),
    h("div", { class: "row end part" }, h("button", { class: "button quiet", type: "button", on: { click: () => takeOut(dialog, made.item, does) } }, say("add.remove")),
      h("button", { class: "button", type: "button", on: { click: () => open(does) } }, say("add.another"))));
  await whose(made.item, { dialog, asking, lists, see: does.see });
}

/** Ask listeners for their lists until enough of them have the record. */
async function whose(id, { dialog, asking, lists, see }) {
  const { users } = await api.users("", ASKED).catch(() => ({ users: [] }));
  let asked = 0, found = 0;
  const here = () => dialog.open && lists.isConnected;
  for (let place = 0; place < users.length && found < ENOUGH && here(); place += AT_ONCE) {
    const some = users.slice(place, place + AT_ONCE);
    const answers = await Promise.all(some.map(({ user }) => api.recommend({ people: [{ user }], k: FIRST }).catch(() => ({ items: [] }))));
    asked += some.length;
    answers.forEach(({ items }, n) => {
      const at = items.findIndex((each) => each.item === id);
      if (at < 0) return;
      found += 1;
      lists.append(seen(some[n].user, at + 1, () => { dialog.close(); see(some[n].user, id); }));
    });
    asking.textContent = say("add.asking", { n: number(asked), of: number(users.length) });
  }
  if (here()) asking.textContent = found ? "" : say("add.nobody", { n: number(asked) });
}

const seen = (user, place, go) => h("li", {}, h("button", { type: "button", "data-user": user, on: { click: go } },
  h("span", { class: "face" }, face(user)), h("span", {}, say("add.see", { user })), h("span", { class: "n" }, say("add.place", { place: number(place) }))));

async function takeOut(dialog, id, does) {
  try {
    await api.remove(id);
    dialog.close();
    toast(say("add.removed", { title: item(id).title }));
    forget(id);
    does.gone(id);
  } catch (error) {
    toast(say("failed.any", { why: error.message }), { bad: true, again: () => takeOut(dialog, id, does) });
  }
}
