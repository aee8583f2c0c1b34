// Figures from what Prometheus reads: counts of requests, and latencies from their buckets.

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** All samples of a page of metrics: {name, labels, value}. */
export const samples = (text) =>
  text.split("\n").filter((line) => line && !line.startsWith("#")).map((line) => {
    const found = LINE.exec(line);
    if (!found) return null;
    const labels = Object.fromEntries([...(found[2] ?? "").matchAll(LABEL)].map(([, name, value]) => [name, value]));
    return { name: found[1], labels, value: Number(found[3]) };
  }).filter(Boolean);

const API = (labels) => labels.route?.startsWith("/v1/") && !["/v1/status", "/v1/models"].includes(labels.route);

/** Requests to the API so far: how many, how many failed, by route, and in buckets of time. */
export function taken(text) {
  const all = samples(text), routes = new Map(), buckets = new Map();
  let count = 0, errors = 0;
  const route = ({ method, route: path }) => {
    const key = `${method} ${path}`;
    if (!routes.has(key)) routes.set(key, { route: key, count: 0, seconds: 0 });
    return routes.get(key);
  };
  for (const { name, labels, value } of all) {
    if (name === "prismrec_requests_total" && labels.status?.startsWith("5")) errors += value;
    if (!API(labels)) continue;
    if (name === "prismrec_requests_total") { count += value; route(labels).count += value; }
    if (name === "prismrec_request_seconds_sum") route(labels).seconds += value;
    if (name === "prismrec_request_seconds_bucket") {
      const edge = labels.le === "+Inf" ? Infinity : Number(labels.le);
      buckets.set(edge, (buckets.get(edge) ?? 0) + value);
    }
  }
  return { time: Date.now(), count, errors, buckets, routes: [...routes.values()].sort((a, b) => b.count - a.count) };
}

/** What lies between two looks: requests per second and quantiles in milliseconds, or null. */
export function between(before, after) {
  const seconds = (after.time - before.time) / 1000;
  const counts = new Map([...after.buckets].map(([edge, n]) => [edge, n - (before.buckets.get(edge) ?? 0)]));
  return { time: after.time, rate: Math.max(0, after.count - before.count) / seconds, p50: quantile(counts, 0.5), p99: quantile(counts, 0.99) };
}

/** A quantile in milliseconds from cumulative buckets, by a straight line within a bucket. */
export function quantile(buckets, share) {
  const edges = [...buckets].sort((a, b) => a[0] - b[0]), whole = edges.at(-1)?.[1] ?? 0;
  if (!(whole > 0)) return null;
  const wanted = whole * share;
  let low = 0, below = 0;
  for (const [edge, count] of edges) {
    if (count >= wanted) {
      if (edge === Infinity) return low * 1000;
      return 1000 * (low + ((edge - low) * (wanted - below)) / (count - below || 1));
    }
    [low, below] = [edge, count];
  }
  return low * 1000;
}
