import { afterEach, describe, expect, it, vi } from "vitest";

import { BACKENDS, fetchProducts, normalize } from "../src/backends.js";

const lens = { id: 1, name: "Lens", price_cents: 1250, currency: "EUR", stock: 3 };

describe("normalize", () => {
  it.each([
    ["a plain array", [lens]],
    ["an object with data", { data: [lens] }],
    ["an object with products", { products: [lens] }],
  ])("takes %s", (_, payload) => {
    expect(normalize(payload)).toEqual([
      { name: "Lens", description: "", price: "€12.50", stock: 3 },
    ]);
  });

  it("takes what others call a product, and leaves out what is none", () => {
    const others = [{ sku: "x", title: "Dome", price: "7.5", currency: "USD" }, null, "text"];
    expect(normalize(others)).toEqual([
      { name: "Dome", description: "", price: "$7.50", stock: null },
    ]);
  });

  it("shows a currency that nobody knows, and no price where there is none", () => {
    expect(normalize([{ price_cents: 100, currency: "??" }])[0].price).toBe("1.00 ??");
    expect(normalize([{ name: "Free?" }])[0].price).toBe("");
  });

  it.each([[null], [{}], [{ data: {} }], ["text"], [7]])("refuses %j", (payload) => {
    expect(() => normalize(payload)).toThrow("sent no list of products");
  });
});

describe("fetchProducts", () => {
  const go = { id: "go", name: "Go API", base: "/go" };
  const signal = new AbortController().signal;
  const answer = (body, init) => vi.stubGlobal("fetch", vi.fn(async () => new Response(body, init)));

  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  it("asks below the base that was built in", async () => {
    answer(JSON.stringify([lens]));
    expect(await fetchProducts(go, signal)).toHaveLength(1);
    expect(fetch.mock.calls[0][0]).toBe("/go/api/products");
    expect(BACKENDS.map((backend) => backend.base)).toEqual(["/go", "/laravel"]);
  });

  it.each([
    ["answers with status 503", "<html>", { status: 503 }],
    ["too many requests", "", { status: 429 }],
    ["no JSON", "<html>", { status: 200 }],
    ["no list of products", "{}", { status: 200 }],
  ])("says: %s", async (sentence, body, init) => {
    answer(body, init);
    await expect(fetchProducts(go, signal)).rejects.toThrow(sentence);
  });

  it("says that nobody is there", async () => {
    vi.stubGlobal("fetch", vi.fn().mockRejectedValue(new TypeError("Failed to fetch")));
    await expect(fetchProducts(go, signal)).rejects.toThrow("cannot be reached");
  });

  it("does not wait for ever", async () => {
    const late = new AbortController();
    vi.spyOn(AbortSignal, "timeout").mockReturnValue(late.signal);
    vi.stubGlobal("fetch", (_, { signal: given }) =>
      new Promise((_resolve, reject) => given.addEventListener("abort", () => reject(given.reason))),
    );
    const asked = fetchProducts(go, signal);
    late.abort();
    await expect(asked).rejects.toThrow("no answer within 10 s");
  });
});
