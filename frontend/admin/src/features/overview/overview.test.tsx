import { screen, within } from "@testing-library/react";
import { createApi } from "@waybill/shared/api/client";
import { Session } from "@waybill/shared/session/session";
import { aDeadLetter, aStock } from "@waybill/shared/testing/fake-office";
import { anOrder, euro, refuse } from "@waybill/shared/testing/fake-shop";
import { withFakeShop } from "@waybill/shared/testing/server";
import { beforeEach, describe, expect, it } from "vitest";
import { openAdmin, signInAdmin } from "../../testing/open-admin";
import { PERIODS, bucketsOf, countByStatus, currenciesOf, earnedMinor, readRecent } from "./figures";

const held = withFakeShop();
const HOUR = 3_600_000;
const NOW = Date.parse("2026-11-21T12:00:00Z");
const at = (time: number) => ({ created_at: new Date(time).toISOString() });

describe("the overview", () => {
  beforeEach(() => signInAdmin(held.shop));

  it("adds up orders and revenue, and says over which time", async () => {
    const recently = at(Date.now() - HOUR);
    held.shop.orders.push(anOrder({ status: "PAID", ...recently }), anOrder({ id: "ord_2", status: "CANCELLED", ...recently }));
    held.shop.stock.set("MUG", aStock("MUG", 2));
    held.shop.office.deadLetters.set("payment", [aDeadLetter("orders:0:1")]);
    const { user } = openAdmin("/");
    expect(await screen.findByText(/All 2 orders since/)).toBeInTheDocument();
    expect(screen.getByText("€19.99", { selector: "figure p" })).toBeInTheDocument();
    expect(screen.getByRole("img", { name: /^Orders over time, most at .*: 2\.$/ })).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Orders over time as a table" }));
    expect(screen.getByRole("table", { name: "Orders over time" })).toBeInTheDocument();
    const counts = within(screen.getByRole("list", { name: "Orders by status" }));
    expect(counts.getByRole("link", { name: "1 Paid" })).toHaveAttribute("href", "/admin/orders?status=PAID");
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

describe("the figures", () => {
  it("are made of the newest 500 orders at most, and say so", async () => {
    signInAdmin(held.shop);
    for (let n = 0; n < 520; n += 1) held.shop.orders.push(anOrder({ id: `ord_${n}`, ...at(NOW - (520 - n) * 60_000) }));
    const recent = await readRecent(createApi(new Session(), location.origin), PERIODS[0], NOW);
    expect(recent).toMatchObject({ complete: false, from: NOW - 500 * 60_000 });
    expect(recent.orders).toHaveLength(500);
  });

  it("count what is paid and not cancelled, each currency by itself", () => {
    const orders = [anOrder({ status: "PAID" }), anOrder({ status: "DELIVERED", total: euro(1) }), anOrder({ status: "CANCELLED" }), anOrder({ status: "PAID", currency: "USD" })];
    expect(earnedMinor(orders, "EUR")).toBe(2000);
    expect(currenciesOf(orders)).toEqual(["EUR", "USD"]);
    expect(countByStatus(orders)).toContainEqual(["PAID", 2]);
  });

  it("put every order of the time into one bar, without gaps between them", () => {
    const orders = [0, 1, 1, 23].map((hours) => anOrder({ status: "PAID", ...at(NOW - hours * HOUR) }));
    const buckets = bucketsOf({ orders, from: NOW - 24 * HOUR, to: NOW, complete: true }, "EUR");
    expect(buckets).toHaveLength(25);
    expect(buckets.reduce((sum, each) => sum + each.orders, 0)).toBe(4);
    expect(buckets.at(-2)).toMatchObject({ orders: 2, earnedMinor: 3998 });
  });
});
