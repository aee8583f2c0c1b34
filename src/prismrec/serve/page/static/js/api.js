// Requests to /v1. Every failure is a Refused whose message says what went wrong and what to do.

import { say } from "./words.js";
import { signIn } from "./signin.js";

export class Refused extends Error {
  constructor(status, detail, after = 0) {
    super(detail);
    Object.assign(this, { status, after });
  }
}

export const image = (item, side) => `/v1/items/${encodeURIComponent(item)}/image?side=${side}`;
export const audio = (item) => `/v1/items/${encodeURIComponent(item)}/audio`;

/** Ask the server; 401 opens the sign-in form and asks again afterwards. */
export async function ask(method, path, { json, form, signal, key } = {}) {
  const headers = { Accept: "application/json" };
  if (json !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  const body = json === undefined ? form : JSON.stringify(json);
  let answer;
  try {
    answer = await fetch(path, { method, headers, body, signal, credentials: "same-origin" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, say("why.offline"));
  }
  if (answer.status === 401) {
    await signIn();
    return ask(method, path, { json, form, signal, key });
  }
  const text = await answer.text();
  if (answer.ok) return text ? JSON.parse(text) : null;
  throw refusal(answer.status, text, answer.headers.get("Retry-After"));
}

/** What an answer that is no success means, in words. */
export function refusal(status, text, after) {
  const seconds = Number(after) || 1;
  const plain = { 403: "why.forbidden", 413: "why.large" }[status];
  if (status === 429) return new Refused(status, say("why.busy", { n: seconds }), seconds);
  if (status === 503) return new Refused(status, say("why.away", { n: seconds }), seconds);
  if (plain) return new Refused(status, say(plain));
  let problem = {};
  try {
    problem = JSON.parse(text);
  } catch {
    problem = {};
  }
  return new Refused(status, problem.detail || problem.title || `HTTP ${status}`);
}

/** A name for something that may be sent twice but must count once. */
export const once = () => [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, "0")).join("");

const query = (values) => {
  const pairs = Object.entries(values).filter(([, value]) => value !== "" && value !== undefined && value !== null);
  return pairs.length ? `?${new URLSearchParams(pairs)}` : "";
};
const of = (item) => `/v1/items/${encodeURIComponent(item)}`;

export const recommend = (asked, signal) => ask("POST", "/v1/recommendations", { json: asked, signal });
export const similar = (item, modality, k) => ask("GET", `${of(item)}/similar${query({ modality, k })}`);
export const explain = (json) => ask("POST", "/v1/explanations", { json });
export const search = (form, signal) => ask("POST", "/v1/search", { form, signal });
export const users = (text, k, signal) => ask("GET", `/v1/users${query({ text, k })}`, { signal });
export const facets = () => ask("GET", "/v1/facets");
export const tell = (events) => ask("POST", "/v1/events", { json: { events }, key: once() });
export const remove = (item) => ask("DELETE", of(item));
export const status = () => ask("GET", "/v1/status");
export const models = () => ask("GET", "/v1/models");
export const activate = (id) => ask("POST", `/v1/models/${encodeURIComponent(id)}/activate`, {});
export const rollBack = () => ask("POST", "/v1/models/rollback", {});

/** Put an item with its media; `sent` is called with the share that has gone out. */
export async function put(item, form, sent) {
  const [status, text, after] = await sending(of(item), form, sent);
  if (status === 401) {
    await signIn();
    return put(item, form, sent);
  }
  if (status === 0) throw new Refused(0, say("why.offline"));
  if (status >= 200 && status < 300) return JSON.parse(text);
  throw refusal(status, text, after);
}

// fetch tells nothing of how much of a body has gone out; this does.
const sending = (path, form, sent) =>
  new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", (event) => event.lengthComputable && sent(event.loaded / event.total));
    request.addEventListener("loadend", () =>
      resolve([request.status, request.responseText, request.getResponseHeader("Retry-After")]));
    request.open("PUT", path);
    request.setRequestHeader("Idempotency-Key", once());
    request.send(form);
  });
