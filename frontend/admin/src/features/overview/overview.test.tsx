import { screen, within } from "@testing-library/react";
import type { OrderSummary } from "@waybill/shared/api/types";
import { aDeadLetter, aStock } from "@waybill/shared/testing/fake-office";
import { anOrder, euro, refuse } from "@waybill/shared/testing/fake-shop";
import { withFakeShop } from "@waybill/shared/testing/server";
import { beforeEach, describe, expect, it } from "vitest";
import { openAdmin, signInAdmin } from "../../testing/open-admin";
import { countsOf, currenciesOf, daysOf, ordersOf } from "./figures";

const held = withFakeShop();
const HOUR = 3_600_000;
const at = (time: number) => ({ created_at: new Date(time).toISOString() });

describe("the overview", () => {
  beforeEach(() => signInAdmin(held.shop));

  it("adds up orders and revenue, and says over which time", async () => {
    const recently = at(Date.now() - HOUR);
    held.shop.orders.push(anOrder({ status: "PAID", ...recently }), anOrder({ id: "ord_2", status: "CANCELLED", ...recently }));
    held.shop.stock.set("MUG", aStock("MUG", 2));
    held.shop.office.deadLetters.set("payment", [aDeadLetter("orders:0:1")]);
    const { user } = openAdmin("/");
    expect(await screen.findByText(/All orders of 30 days/)).toBeInTheDocument();
    expect(screen.getByText("€19.99", { selector: "figure p" })).toBeInTheDocument();
    expect(screen.getByRole("img", { name: /^Orders by day, most at .*: 2\.$/ })).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Orders by day as a table" }));
    expect(screen.getByRole("table", { name: "Orders by day" })).toBeInTheDocument();
    const counts = within(screen.getByRole("list", { name: "Orders by status" }));
    expect(counts.getByRole("link", { name: "1 Paid" })).toHaveAttribute("href", expect.stringMatching(/^\/admin\/orders\?status=PAID&since=/));
    expect(await screen.findByText("2 available")).toBeInTheDocument();
    const letters = within(screen.getByRole("list", { name: "Dead letters by service" }));
    expect(await letters.findAllByText("None")).toHaveLength(4);
    expect(letters.getByText("1")).toBeInTheDocument();
  });

  it("goes on without a part that does not answer", async () => {
    held.shop.once("GET /inventory", () => refuse(503, "unavailable", "Service Unavailable"));
    openAdmin("/");
    expect(await screen.findByText("A part of the shop is not answering")).toBeInTheDocument();
    expect(await screen.findByText("Nothing waits to be shipped.")).toBeInTheDocument();
    expect(await screen.findByText("No orders in this time")).toBeInTheDocument();
  });
});

const SUMMARY: OrderSummary = {
  days: 3, since: "2026-11-19T00:00:00Z", complete: true, at: "2026-11-21T12:00:00Z", by_status: { PAID: 3, CANCELLED: 1 },
  by_day: [{ day: "2026-11-19", orders: 1, revenue: euro(100) }, { day: "2026-11-21", orders: 2, revenue: euro(300) }, { day: "2026-11-21", orders: 1, revenue: { amount_minor: 500, currency: "USD" } }],
};

describe("the figures", () => {
  it("have every day of the period, with all orders and the revenue of one currency", () => {
    expect(daysOf(SUMMARY, "EUR")).toEqual([
      { day: "2026-11-19", orders: 1, revenueMinor: 100 },
      { day: "2026-11-20", orders: 0, revenueMinor: 0 },
      { day: "2026-11-21", orders: 3, revenueMinor: 300 },
    ]);
    expect(currenciesOf(SUMMARY)).toEqual(["EUR", "USD"]);
  });

  it("count every state, also where there is nothing", () => {
    expect(countsOf(SUMMARY)).toContainEqual(["PAID", 3]);
    expect(countsOf(SUMMARY)).toContainEqual(["SHIPPED", 0]);
    expect(ordersOf(SUMMARY)).toBe(4);
  });
});
