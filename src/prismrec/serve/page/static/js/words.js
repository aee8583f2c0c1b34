// Words of the page in the language it was served in, and numbers as that language writes them.

const { static: place, language } = document.body.dataset;
const said = await (await fetch(`${place}/words/${language}.json`)).json();
const locale = document.documentElement.lang;

/** The words for something, with what is named in braces put in. */
export const say = (key, put = {}) =>
  (said[key] ?? key).replace(/\{([\w-]+)\}/g, (whole, name) => String(put[name] ?? whole));

export const knows = (key) => key in said;

const whole = new Intl.NumberFormat(locale);
const share = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 });

export const number = (value) => whole.format(value);
export const percent = (value) => share.format(value);
export const decimal = (value, places = 2) =>
  new Intl.NumberFormat(locale, { minimumFractionDigits: places, maximumFractionDigits: places }).format(value);
export const clock = (date) => new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }).format(date);
export const day = (date) => new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(date);

/** Names in a row: "a, b and c". */
export const listing = (names) => new Intl.ListFormat(locale, { type: "conjunction" }).format(names);

/** Of words such as "black 黑色" the part in the language of the page. */
export function tail(words) {
  const cut = words.search(/\s(?=\p{Script=Han})/u);
  if (cut < 0) return words;
  return language === "zh" ? words.slice(cut + 1) : words.slice(0, cut);
}

export const inChinese = language === "zh";
