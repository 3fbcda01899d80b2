import { screen, within } from "@testing-library/react";
import { aProduct, aUser } from "@waybill/shared/testing/fake-shop";
import { withFakeShop } from "@waybill/shared/testing/server";
import { describe, expect, it } from "vitest";
import { heading, openAdmin, signInAdmin, signInSeller } from "../testing/open-admin";

const held = withFakeShop();

async function places() {
  const navigation = within(await screen.findByRole("navigation", { name: "Admin" }));
  return navigation.getAllByRole("link").map((link) => link.textContent);
}

describe("an administrator", () => {
  it("sees every place", async () => {
    signInAdmin(held.shop);
    openAdmin("/");
    await heading("Overview");
    expect(await places()).toEqual(["Overview", "Orders", "Products", "Inventory", "Dead letters"]);
  });

  it("signs in and comes to where the way was leading", async () => {
    const { user, router } = openAdmin("/orders?status=PAID");
    await user.type(await screen.findByLabelText("E-mail"), "admin@waybill.test");
    await user.type(screen.getByLabelText("Password"), "waybill-demo");
    await user.click(screen.getByRole("button", { name: "Sign in" }));
    await heading("Orders");
    expect(router.state.location.search).toMatchObject({ status: "PAID" });
  });
});

describe("a seller", () => {
  it("begins with the products, and sees only what is a seller's", async () => {
    signInSeller(held.shop);
    held.shop.products.push(aProduct("MINE", { seller_id: "sel_1" }), aProduct("OTHER", { seller_id: "sel_2" }));
    openAdmin("/");
    await heading("Products");
    expect(await places()).toEqual(["Products", "Inventory"]);
    expect(await screen.findByRole("link", { name: "MINE" })).toBeInTheDocument();
    expect(screen.queryByRole("link", { name: "OTHER" })).toBeNull();
  });

  it.each(["/orders", "/orders/ord_1", "/dead-letters"])("is told that %s is not for them", async (path) => {
    signInSeller(held.shop);
    openAdmin(path);
    await heading("This is not yours to open");
    expect(held.shop.requests.some((request) => request.path.startsWith("/orders") || request.path.startsWith("/admin"))).toBe(false);
  });

  it("is told that another seller's product is not for them", async () => {
    signInSeller(held.shop);
    held.shop.products.push(aProduct("OTHER", { seller_id: "sel_2" }));
    openAdmin("/products/prd_OTHER");
    await heading("This is not yours to open");
  });
});

describe("a customer", () => {
  it("is told that this is for staff", async () => {
    held.shop.user = aUser();
    localStorage.setItem("waybill.session.known", "1");
    openAdmin("/");
    await heading("This is for staff");
  });
});

describe("an address that leads nowhere", () => {
  it("says so", async () => {
    signInAdmin(held.shop);
    openAdmin("/nowhere");
    await heading("There is no such page");
  });
});
