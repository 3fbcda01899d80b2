import { screen, within } from "@testing-library/react";
import { refuse } from "@waybill/shared/testing/fake-shop";
import { withFakeShop } from "@waybill/shared/testing/server";
import { describe, expect, it } from "vitest";
import { heading, openShop, stockUp } from "../../testing/open-shop";

const held = withFakeShop();

describe("the products", () => {
  it("come page by page, and the focus goes to the first new one", async () => {
    stockUp(held.shop, ...Array.from({ length: 14 }, (_, index) => `P${index}`));
    const { user } = openShop("/");
    expect(await screen.findByText("12 products so far")).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Show more" }));
    expect(await screen.findByText("All 14 products")).toBeInTheDocument();
    expect(screen.getByRole("link", { name: "Product P12" })).toHaveFocus();
  });

  it("say what is left and what is sold out", async () => {
    stockUp(held.shop, "A", "B");
    held.shop.stock.set("A", { sku: "A", availability: "LOW_STOCK", left: 3 });
    held.shop.stock.set("B", { sku: "B", availability: "OUT_OF_STOCK" });
    openShop("/");
    expect(await screen.findByText("Only 3 left")).toBeInTheDocument();
    expect(await screen.findByRole("button", { name: "Sold out: Product B" })).toBeDisabled();
  });

  it("go into the cart, which says so", async () => {
    stockUp(held.shop, "A");
    const { user } = openShop("/");
    await user.click(await screen.findByRole("button", { name: "Add to cart: Product A" }));
    expect(screen.getByRole("link", { name: "Cart, 1 piece" })).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "To the cart" }));
    await heading("Cart");
  });

  it("explain themselves when there are none", async () => {
    openShop("/");
    expect(await screen.findByText("The shelves are empty")).toBeInTheDocument();
  });

  it("offer another try and a reference when they cannot be read", async () => {
    stockUp(held.shop, "A");
    held.shop.once("GET /products", () => refuse(503, "unavailable", "Service Unavailable"));
    const { user } = openShop("/");
    const alert = await screen.findByRole("alert");
    expect(within(alert).getByText(/Reference 4bf92f35/)).toBeInTheDocument();
    await user.click(within(alert).getByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("link", { name: "Product A" })).toBeInTheDocument();
  });

  it("are shown while nobody can sign in", async () => {
    stockUp(held.shop, "A");
    localStorage.setItem("waybill.session.known", "1");
    for (let n = 0; n < 5; n += 1) held.shop.once("POST /auth/refresh", () => refuse(503, "unavailable", "Service Unavailable"));
    openShop("/");
    expect(await screen.findByRole("link", { name: "Product A" })).toBeInTheDocument();
  });

  it("that are gone say so", async () => {
    openShop("/products/prd_none");
    await heading("This is not for sale");
  });
});
