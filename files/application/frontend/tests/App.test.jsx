import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { StrictMode } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { App } from "../src/App.jsx";

const GO = { products: [{ id: 1, name: "Lens", price_cents: 1250, stock: 0 }] };
const LARAVEL = { data: [{ id: 1, name: "Dome" }, { id: 1, name: "Mount" }] };
let answers;

const json = (payload) => async () => new Response(JSON.stringify(payload));
const down = async () => {
  throw new TypeError("Failed to fetch");
};
const shelf = (name) => screen.findByRole("region", { name });

beforeEach(() => {
  answers = { go: json(GO), laravel: json(LARAVEL) };
  vi.spyOn(console, "error");
  vi.stubGlobal("fetch", (path) => answers[path.split("/")[1]](path));
});

afterEach(() => {
  expect(console.error).not.toHaveBeenCalled();
  vi.unstubAllGlobals();
});

const open = () =>
  render(
    <StrictMode>
      <App />
    </StrictMode>,
  );

it("shows the products of both backends", async () => {
  open();
  const go = within(await shelf("Go API"));
  expect(await go.findByText("1 product")).toBeVisible();
  expect(go.getByRole("heading", { name: "Lens", level: 3 })).toBeVisible();
  expect(go.getByText("€12.50")).toBeVisible();
  expect(go.getByText("Sold out")).toBeVisible();
  const laravel = within(await shelf("Laravel API"));
  expect(await laravel.findByText("2 products")).toBeVisible();
  expect(laravel.getAllByRole("listitem")).toHaveLength(2);
});

it("says which backend fails while the other one still shows", async () => {
  answers.go = down;
  open();
  const go = within(await shelf("Go API"));
  expect(await go.findByText("Go API fails: cannot be reached.")).toHaveAttribute("role", "status");
  expect(go.queryByRole("listitem")).toBeNull();
  expect(await screen.findByText("2 products")).toBeVisible();
});

it("says it of both", async () => {
  answers = { go: down, laravel: async () => new Response("<html>", { status: 503 }) };
  open();
  expect(await screen.findByText("Go API fails: cannot be reached.")).toBeVisible();
  expect(await screen.findByText("Laravel API fails: answers with status 503.")).toBeVisible();
});

it("tries again by keyboard, and keeps the focus on the shelf", async () => {
  answers.laravel = down;
  const user = userEvent.setup();
  open();
  await screen.findByText(/Laravel API fails/);
  await user.tab();
  expect(screen.getByRole("link", { name: "Skip to the products" })).toHaveFocus();
  await user.tab();
  expect(screen.getByRole("button", { name: "Try Laravel API again" })).toHaveFocus();
  answers.laravel = json(LARAVEL);
  await user.keyboard("{Enter}");
  expect(await screen.findByText("2 products")).toBeVisible();
  expect(screen.getByRole("heading", { name: "Laravel API" })).toHaveFocus();
});

it("says that a shelf is empty", async () => {
  answers.go = json([]);
  open();
  expect(await screen.findByText("No products yet.")).toBeVisible();
});

it("has its landmarks, and one heading of the first level", async () => {
  open();
  await screen.findByText("2 products");
  for (const role of ["banner", "main", "contentinfo"]) {
    expect(screen.getByRole(role)).toBeVisible();
  }
  expect(screen.getAllByRole("heading", { level: 1 })).toHaveLength(1);
  for (const status of screen.getAllByRole("status")) {
    expect(status).toHaveAttribute("aria-live", "polite");
  }
  const skip = screen.getByRole("link", { name: "Skip to the products" });
  expect(document.querySelector(skip.getAttribute("href"))).toBe(screen.getByRole("main"));
});
