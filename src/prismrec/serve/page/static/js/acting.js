// What somebody does with a record: told to the server, and seen in the list at once.

import * as api from "./api.js";
import { item } from "./items.js";
import { toast, whisper } from "./saying.js";
import { change, members, pass, state } from "./state.js";
import { say } from "./words.js";

/** Like, buy, skip or dislike; true once it is safe. A failure says so and offers to try again. */
export async function act(what, id, again) {
  const { title } = item(id), users = members();
  const events = users.map((user) => ({ user, item: id, event: what, id: api.once() }));
  try {
    if (events.length) await api.tell(events);
  } catch (error) {
    toast(say("failed.event", { title, why: error.message }), { bad: true, again });
    return false;
  }
  if (what === "skip" || what === "dislike") pass(id);
  else if (state.who.kind === "stranger") change({ who: { ...state.who, history: [...state.who.history.filter((each) => each !== id), id] } }, { silent: true });
  whisper(say(`did.${what}`, { title }));
  return true;
}

/** A record was listened to: a view, of which nobody is told when it cannot be stored. */
export function viewed(id) {
  const events = members().map((user) => ({ user, item: id, event: "view", id: api.once() }));
  if (events.length) api.tell(events).catch(() => {});
}
