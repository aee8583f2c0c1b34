// What is said to the person: short messages that are seen, and others that are only heard.

import { $, h, icon } from "./dom.js";
import { say } from "./words.js";

const STAYS = 4500; // milliseconds; a failure stays until it is closed

/** Tell a screen reader only. */
export const whisper = (text) => {
  const said = $("#said");
  said.textContent = said.textContent === text ? `${text} ` : text;
};

/** Show a message; `again` offers to try again. */
export function toast(text, { bad = false, again = null } = {}) {
  const box = $("#toasts");
  const shut = () => {
    note.remove();
    if (!box.children.length && box.matches(":popover-open")) box.hidePopover();
  };
  const note = h("div", { class: bad ? "toast bad" : "toast", role: bad ? "alert" : "status" },
    h("p", {}, text),
    h("span", { class: "acts" },
      again && h("button", { type: "button", on: { click: () => { shut(); again(); } } }, say("retry")),
      h("button", { type: "button", "aria-label": say("close"), on: { click: shut } }, icon("cross"))));
  while (box.children.length > 2) box.firstChild.remove();
  box.append(note);
  aboveDialogs(box);
  if (!bad) setTimeout(shut, STAYS);
  return note;
}

// A modal dialog lies in the top layer; a popover that is opened later lies above it.
function aboveDialogs(box) {
  if (!box.showPopover) return;
  box.popover = "manual";
  if (box.matches(":popover-open")) box.hidePopover();
  box.showPopover();
}
