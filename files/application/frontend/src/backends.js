const base = (value, usual) => (value || usual).replace(/\/+$/, "");

/** The backends that this shop asks; where they are was decided when it was built. */
export const BACKENDS = [
  { id: "go", name: "Go API", base: base(import.meta.env.REACT_APP_GO_API_BASE, "/go") },
  {
    id: "laravel",
    name: "Laravel API",
    base: base(import.meta.env.REACT_APP_LARAVEL_API_BASE, "/laravel"),
  },
];

const PATIENCE = 10_000; // milliseconds

/** The products of one backend; throws an Error whose message a person can read. */
export async function fetchProducts(backend, signal) {
  const deadline = AbortSignal.timeout(PATIENCE);
  let response;
  try {
    response = await fetch(`${backend.base}/api/products`, {
      headers: { Accept: "application/json" },
      signal: AbortSignal.any([signal, deadline]),
    });
  } catch (error) {
    if (signal.aborted) throw error;
    const why = deadline.aborted ? `no answer within ${PATIENCE / 1000} s` : "cannot be reached";
    throw new Error(why, { cause: error });
  }
  if (response.status === 429) throw new Error("too many requests; wait a moment");
  if (!response.ok) throw new Error(`answers with status ${response.status}`);
  let payload;
  try {
    payload = await response.json();
  } catch (error) {
    throw new Error("sent something that is no JSON", { cause: error });
  }
  return normalize(payload);
}

/** Products out of a plain array, or of an object that holds one as `data` or `products`. */
export function normalize(payload) {
  const list = [payload, payload?.data, payload?.products].find(Array.isArray);
  if (!list) throw new Error("sent no list of products");
  return list
    .filter((item) => item && typeof item === "object")
    .map((item) => ({
      name: String(item.name ?? item.title ?? "Unnamed product"),
      description: String(item.description ?? ""),
      price: price(item),
      stock: Number.isFinite(item.stock) ? item.stock : null,
    }));
}

function price({ price_cents: cents, price: whole, currency = "EUR" }) {
  const amount = cents != null ? Number(cents) / 100 : Number(whole ?? NaN);
  if (!Number.isFinite(amount)) return "";
  try {
    return new Intl.NumberFormat("en", { style: "currency", currency }).format(amount);
  } catch {
    return `${amount.toFixed(2)} ${currency}`; // a currency that nobody knows
  }
}
