// Search: by words, a picture, a sound, or several of these; files are chosen or dropped anywhere.

import * as api from "./api.js";
import { $, h, icon } from "./dom.js";
import { toast } from "./saying.js";
import { where } from "./state.js";
import { say } from "./words.js";

const files = { image: null, audio: null };
const TYPES = { image: /^image\//, audio: /^(audio\/|video\/ogg$)/ };
const ENDINGS = { image: /\.(jpe?g|png|webp|gif|bmp|tiff?)$/i, audio: /\.(flac|wav|mp3|ogg|opus|m4a|aiff?)$/i };

/** Which medium a file is; undefined where it is neither. */
export const kind = (file) => ["image", "audio"].find((each) => (file.type ? TYPES[each].test(file.type) : ENDINGS[each].test(file.name)));

export function searching(begin) {
  const form = $("#search");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (form.elements.text.value.trim() || files.image || files.audio) begin();
  });
  for (const medium of ["image", "audio"]) {
    form.elements[medium].addEventListener("change", (event) => {
      const [file] = event.target.files;
      event.target.value = "";
      if (file) attach(file, begin);
    });
  }
  dropping(begin);
}

/** What is searched for, in words. */
export function sought() {
  const text = $("#search").elements.text.value.trim();
  return [text, files.image && say("search.this-picture"), files.audio && say("search.this-sound")].filter(Boolean).join(" + ");
}

export function endSearch() {
  $("#search").reset();
  files.image = files.audio = null;
  showFiles();
}

export async function found(k, signal) {
  const form = new FormData(), text = $("#search").elements.text.value.trim();
  if (text) form.set("text", text);
  for (const medium of ["image", "audio"]) if (files[medium]) form.set(medium, files[medium]);
  form.set("k", String(k));
  form.set("where", JSON.stringify(where()));
  return (await api.search(form, signal)).hits;
}

function attach(file, begin) {
  const medium = kind(file);
  if (!medium) return toast(say("search.wrong-type", { name: file.name }), { bad: true });
  files[medium] = file;
  showFiles(begin);
  return begin();
}

function showFiles(begin = () => {}) {
  $("#attached").replaceChildren(...Object.entries(files).filter(([, file]) => file).map(([medium, file]) =>
    h("span", {}, h("b", {}, file.name), h("button", { type: "button", "aria-label": say("search.detach", { name: file.name }), on: { click: () => {
      files[medium] = null;
      showFiles(begin);
      $("#search").elements.text.focus();
      if (sought()) begin(); else $("#search-end").click();
    } } }, icon("cross")))));
}

// Files may be dropped anywhere on the page, except where a dialog takes them itself.
function dropping(begin) {
  const veil = $("#drop");
  const takes = (event) => event.dataTransfer?.types.includes("Files") && !$("dialog[open]");
  let depth = 0;
  addEventListener("dragenter", (event) => { if (takes(event)) { depth += 1; veil.hidden = false; } });
  addEventListener("dragleave", () => { depth = Math.max(0, depth - 1); veil.hidden = depth === 0; });
  addEventListener("dragover", (event) => event.dataTransfer?.types.includes("Files") && event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    depth = 0;
    veil.hidden = true;
    const [file] = event.dataTransfer?.files ?? [];
    if (file && !$("dialog[open]")) attach(file, begin);
  });
}
