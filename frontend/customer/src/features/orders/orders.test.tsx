import { screen, within } from "@testing-library/react";
import { aPayment, anOrder, fact, refuse } from "@waybill/shared/testing/fake-shop";
import { FakeStreams } from "@waybill/shared/testing/fake-streams";
import { withFakeShop } from "@waybill/shared/testing/server";
import { beforeEach, describe, expect, it } from "vitest";
import { heading, openShop, signIn } from "../../testing/open-shop";
import { bars } from "../../shop/barcode";
import { restOf } from "./rest";
import { storyOf } from "./story";

const held = withFakeShop();
const declined = { id: "att_1", number: 1, payment_method: "pm", status: "DECLINED", decline_code: "insufficient_funds", created_at: "2026-11-21T10:36:00Z" };

function place(...[order, payment]: [Parameters<typeof anOrder>[0], Parameters<typeof aPayment>[1]?]) {
  const made = anOrder(order);
  held.shop.orders.push(made);
  held.shop.payments.push(aPayment(made, payment));
  held.shop.timelines.set(made.id, [fact("created", "order"), fact("stock_reserved", "inventory")]);
}

describe("an order", () => {
  beforeEach(() => signIn(held.shop));

  it("is paid with another card after a decline", async () => {
    place({ status: "PAYMENT_PENDING", allowed_actions: ["pay", "cancel"] }, { attempts: [declined], attempts_left: 1 });
    const { user } = openShop("/orders/ord_1");
    expect(await screen.findByText("There is not enough money on this card.")).toBeInTheDocument();
    expect(screen.getByText(/You have one more try/)).toBeInTheDocument();
    await user.click(screen.getByLabelText(/Mastercard/));
    await user.click(screen.getByRole("button", { name: /^Pay/ }));
    await heading("Thank you, it is paid");
    const confirm = held.shop.requests.filter(({ path }) => path === "/payments/confirm");
    expect(confirm.map(({ body }) => body)).toEqual([{ order_id: "ord_1", payment_method: "pm_card_mastercard" }]);
  });

  it("says that an unclear payment is being checked", async () => {
    place({ status: "PAYMENT_PENDING", payment_status: "PROCESSING", allowed_actions: [] }, { status: "PROCESSING" });
    openShop("/orders/ord_1");
    expect(await screen.findByText("We are checking your payment")).toBeInTheDocument();
    expect(screen.queryByRole("button", { name: /^Pay/ })).toBeNull();
  });

  it("is taken back while there is time, and keeps the reason when that fails", async () => {
    place({ status: "PAID", payment_status: "PAID", allowed_actions: ["cancel"], cancellable_until: new Date(Date.now() + 42_000).toISOString() });
    held.shop.once("POST /orders/ord_1/cancel", () => refuse(503, "unavailable", "Service Unavailable"));
    const { user } = openShop("/orders/ord_1");
    expect(await screen.findByText(/^0:4[12]$/)).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Cancel order" }));
    await user.type(screen.getByLabelText(/Why/), "Too many");
    const dialog = within(screen.getByRole("dialog"));
    await user.click(dialog.getByRole("button", { name: "Cancel order" }));
    expect(await screen.findByText("A part of the shop is not answering")).toBeInTheDocument();
    expect(screen.getByLabelText(/Why/)).toHaveValue("Too many");
    await user.click(dialog.getByRole("button", { name: "Cancel order" }));
    await heading("This order is cancelled");
    const keys = held.shop.requests.filter(({ path }) => path.endsWith("/cancel")).map(({ key }) => key);
    expect(new Set(keys).size).toBe(1);
  });

  it("cannot be taken back when the time is over", async () => {
    place({ status: "PAID", allowed_actions: ["cancel"], cancellable_until: new Date(Date.now() - 1000).toISOString() });
    openShop("/orders/ord_1");
    await heading("Thank you, it is paid");
    expect(screen.queryByRole("button", { name: "Cancel order" })).toBeNull();
  });

  it("is not there for others", async () => {
    openShop("/orders/ord_none");
    await heading("There is no such order");
  });

  it("is followed without its payment when that service is down", async () => {
    place({ status: "PAID" });
    for (let n = 0; n < 3; n += 1) held.shop.once("GET /payments", () => refuse(503, "unavailable", "Service Unavailable"));
    openShop("/orders/ord_1");
    await heading("Thank you, it is paid");
  });
});

describe("the list of orders", () => {
  beforeEach(() => signIn(held.shop));

  it("goes on when the newest order does", async () => {
    const streams = (held.shop.streams = new FakeStreams());
    place({ status: "PAID" });
    openShop("/orders");
    expect(await screen.findByText("Live")).toBeInTheDocument();
    expect(await screen.findByText("Paid")).toBeInTheDocument();
    held.shop.orders[0]!.status = "SHIPPED";
    streams.say("id: 1\nevent: order\ndata: {}\n\n");
    expect(await screen.findByText("On its way")).toBeInTheDocument();
    expect(streams.opened.map(({ path }) => path)).toEqual(["/orders/ord_1/events"]);
  });

  it("is left alone when all orders are at their end", async () => {
    const streams = (held.shop.streams = new FakeStreams());
    place({ status: "DELIVERED" });
    openShop("/orders");
    expect(await screen.findByText("Delivered")).toBeInTheDocument();
    expect(streams.opened).toEqual([]);
  });
});

describe("the story of an order", () => {
  it("tells what happened and what is to come", () => {
    const order = anOrder({ status: "PAID" });
    const facts = [fact("created", "order"), fact("stock_committed", "inventory"), fact("payment_captured", "payment", { captured: order.total }), fact("something_new", "order")];
    expect(storyOf(order, facts).map(({ title, at }) => [title, at !== null])).toEqual([
      ["We have your order", true],
      ["€19.99 paid", true],
      ["On its way", false],
      ["Delivered", false],
    ]);
  });

  it("knows what can still be had of an order that was short", () => {
    const order = anOrder({ status: "CANCELLED" });
    const [item] = order.items;
    order.items = [{ ...item!, sku: "A", quantity: 2 }, { ...item!, sku: "B", quantity: 5 }, { ...item!, sku: "C", quantity: 1 }];
    const short_lines = [{ sku: "B", requested: 5, available: 3 }, { sku: "C", requested: 1, available: 0 }];
    const timeline = [fact("stock_rejected", "inventory", { short_lines })];
    expect(restOf({ order, payment: null, timeline }).map(({ sku, quantity }) => [sku, quantity])).toEqual([["A", 2], ["B", 3]]);
  });
});

describe("a barcode", () => {
  it("has nine elements a letter and a gap between letters", () => {
    const { bars: drawn, width } = bars("A");
    expect(drawn).toHaveLength(15);
    expect(width).toBe(3 * (3 * 2.5 + 6) + 2);
  });
});
