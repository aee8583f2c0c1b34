// What the person has chosen, kept for as long as the tab is open (and so through a change of language).

const KEY = "prismrec-shop";
const FRESH = { who: { kind: "stranger", history: [] }, weights: {}, diversity: 0, columns: {}, inStock: false, passed: {} };

const watchers = new Set();
export const state = { ...structuredClone(FRESH), ...stored() };

function stored() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

export const isFresh = () => sessionStorage.getItem(KEY) === null;

/** Be told of changes; `how.quick` says that only the order of the list may have changed. */
export const watch = (does) => watchers.add(does);

export function change(what, how = {}) {
  Object.assign(state, what);
  sessionStorage.setItem(KEY, JSON.stringify(state));
  watchers.forEach((does) => does(how));
}

const nameOf = (who) => (who.kind === "user" ? who.user : who.kind === "group" ? who.users.join("\n") : "");

/** Items that were skipped or disliked here by whoever listens now. */
export const passed = () => state.passed[nameOf(state.who)] ?? [];

export const pass = (item) => change({ passed: { ...state.passed, [nameOf(state.who)]: [...passed(), item] } }, { silent: true });

/** Whoever listens, as /v1 takes it. */
export function person() {
  if (state.who.kind === "user") return { user: state.who.user };
  if (state.who.kind === "group") return { user: state.who.users[0] };
  return { history: state.who.history };
}

/** Users for whom an event counts. */
export const members = () => (state.who.kind === "user" ? [state.who.user] : state.who.kind === "group" ? state.who.users : []);

/** Filters as /v1 takes them. */
export function where() {
  const columns = Object.fromEntries(Object.entries(state.columns).filter(([, values]) => values.length));
  return { columns, in_stock: state.inStock, exclude: passed() };
}

/** The body of a request for a list. */
export function asked(k) {
  const group = state.who.kind === "group";
  const whom = group ? { people: state.who.users.map((user) => ({ user })), together: state.who.together } : { people: [person()] };
  return { ...whom, k, where: where(), modality_weights: state.weights, diversity: state.diversity };
}
