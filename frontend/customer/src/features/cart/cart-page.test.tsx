import { screen } from "@testing-library/react";
import { withFakeShop } from "@waybill/shared/testing/server";
import { beforeEach, describe, expect, it } from "vitest";
import { fillCart, heading, openShop } from "../../testing/open-shop";

const held = withFakeShop();

describe("the cart page", () => {
  beforeEach(() => fillCart(held.shop));

  it("offers to take what is left", async () => {
    held.shop.stock.set("MUG", { sku: "MUG", availability: "LOW_STOCK", left: 1 });
    const { user } = openShop("/cart");
    expect(await screen.findByText("Only 1 left.")).toBeInTheDocument();
    expect(screen.getByRole("link", { name: /check out/ })).toHaveAttribute("aria-disabled", "true");
    await user.click(screen.getByRole("button", { name: "Take 1" }));
    expect(screen.getByRole("link", { name: /check out/ })).not.toHaveAttribute("aria-disabled", "true");
  });

  it("tells that a price has changed", async () => {
    held.shop.products[0]!.price = { amount_minor: 2500, currency: "EUR" };
    openShop("/cart");
    expect(await screen.findByText(/€25.00 each; it was €19.99/)).toBeInTheDocument();
  });

  it("takes a removal back", async () => {
    const { user } = openShop("/cart");
    await user.click(await screen.findByRole("button", { name: "Remove Product MUG" }));
    await heading("Your cart is empty");
    await user.click(screen.getByRole("button", { name: "Undo" }));
    await heading("Cart");
  });
});
