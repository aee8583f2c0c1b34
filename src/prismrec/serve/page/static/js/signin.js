// The sign-in form: an API key becomes a cookie that only the server reads.

import { $ } from "./dom.js";
import { say } from "./words.js";

let waiting = null;

/** Ask for an API key until one is right; whoever waits meanwhile waits for the same form. */
export function signIn() {
  waiting ??= new Promise((resolve) => open(resolve)).finally(() => { waiting = null; });
  return waiting;
}

function open(resolve) {
  const dialog = $("#signin");
  const form = $("form", dialog);
  const wrong = $("#signin-wrong");
  wrong.textContent = "";
  form.reset();
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  form.onsubmit = async (event) => {
    event.preventDefault();
    const refused = await post(form.elements.key.value.trim());
    wrong.textContent = refused;
    if (refused) return form.elements.key.select();
    $("#leave").hidden = false;
    dialog.close();
    return resolve();
  };
  if (!dialog.open) dialog.showModal();
}

async function post(key) {
  try {
    const answer = await fetch("/session", {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ key }),
    });
    if (answer.ok) return "";
    return answer.status === 429
      ? say("why.busy", { n: answer.headers.get("Retry-After") ?? 1 }) : say("signin.wrong");
  } catch {
    return say("why.offline");
  }
}

/** Ask for a key before anything is refused, and show the way out to those who came in by one. */
export async function welcome() {
  const leave = $("#leave");
  leave.addEventListener("click", async () => {
    await fetch("/session", { method: "DELETE" });
    location.reload();
  });
  const who = await fetch("/session").then((answer) => answer.json()).catch(() => ({ open: true }));
  if (who.name === null) await signIn();
  else leave.hidden = who.open;
}
