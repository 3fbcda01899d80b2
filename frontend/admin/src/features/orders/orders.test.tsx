import { screen, waitFor } from "@testing-library/react";
import { anOrder, refuse } from "@waybill/shared/testing/fake-shop";
import { withFakeShop } from "@waybill/shared/testing/server";
import { beforeEach, describe, expect, it } from "vitest";
import { openAdmin, signInAdmin } from "../../testing/open-admin";

const held = withFakeShop();

function fill(count: number) {
  for (let n = 0; n < count; n += 1) held.shop.orders.push(anOrder({ id: `ord_${n}`, number: `W-${n}`, status: n % 2 === 0 ? "PAID" : "CANCELLED" }));
}

describe("orders", () => {
  beforeEach(() => signInAdmin(held.shop));

  it("are filtered by status and by number, and the filters are in the address", async () => {
    fill(4);
    const { user, router } = openAdmin("/orders");
    expect(await screen.findByRole("link", { name: "W-3" })).toBeInTheDocument();
    await user.selectOptions(screen.getByLabelText("Status"), "Paid");
    await waitFor(() => expect(screen.queryByRole("link", { name: "W-3" })).toBeNull());
    expect(router.state.location.search).toEqual({ status: "PAID" });
    await user.type(screen.getByLabelText("Order number"), "w-3{Enter}");
    expect(await screen.findByText("No orders match")).toBeInTheDocument();
    await user.click(screen.getByRole("link", { name: "Clear the filters" }));
    expect(await screen.findByRole("link", { name: "W-3" })).toBeInTheDocument();
  });

  it("come in pages, forth and back", async () => {
    fill(25);
    const { user } = openAdmin("/orders");
    expect(await screen.findByRole("link", { name: "W-24" })).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Next" }));
    expect(await screen.findByRole("link", { name: "W-4" })).toBeInTheDocument();
    expect(screen.getByRole("button", { name: "Next" })).toBeDisabled();
    await user.click(screen.getByRole("button", { name: "Previous" }));
    expect(await screen.findByRole("link", { name: "W-24" })).toBeInTheDocument();
  });

  it("of a rare state are looked for further back", async () => {
    fill(25);
    const none = { data: [], has_more: true, next_cursor: "20" };
    held.shop.once("GET /orders", () => new Response(JSON.stringify(none), { headers: { "Content-Type": "application/json" } }));
    const { user } = openAdmin("/orders?status=PAID");
    await user.click(await screen.findByRole("button", { name: "Look further back" }));
    await waitFor(() => expect(screen.queryByText("None among the newest")).toBeNull());
  });

  it("say when they are asked for too often", async () => {
    held.shop.once("GET /orders", () => refuse(429, "rate_limited", "Too Many Requests"));
    openAdmin("/orders");
    expect(await screen.findByText("That was a little fast")).toBeInTheDocument();
  });

  it("are none at first", async () => {
    openAdmin("/orders");
    expect(await screen.findByText("No orders yet")).toBeInTheDocument();
  });
});
