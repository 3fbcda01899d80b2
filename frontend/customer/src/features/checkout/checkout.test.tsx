import { screen, waitFor } from "@testing-library/react";
import { refuse } from "@waybill/shared/testing/fake-shop";
import { withFakeShop } from "@waybill/shared/testing/server";
import { beforeEach, describe, expect, it } from "vitest";
import { fillCart, heading, openShop, signIn } from "../../testing/open-shop";

const held = withFakeShop();
const posts = () => held.shop.requests.filter(({ method, path }) => method === "POST" && path === "/orders");

type Opened = ReturnType<typeof openShop>;

async function fillAddress({ user }: Opened) {
  await user.type(await screen.findByLabelText("Street and number"), "Kaffeegasse 12");
  await user.type(screen.getByLabelText("Postal code"), "20457");
  await user.type(screen.getByLabelText("Town"), "Hamburg");
}

/** The button, as soon as today's prices are known. */
async function button() {
  const found = await screen.findByRole("button", { name: /Order and pay/ });
  await waitFor(() => expect(found).toBeEnabled());
  return found;
}

describe("checkout", () => {
  beforeEach(() => {
    signIn(held.shop);
    fillCart(held.shop);
  });

  it("makes one order of a double click, and leads to it", async () => {
    const opened = openShop("/checkout");
    await fillAddress(opened);
    await opened.user.dblClick(await button());
    await heading("Thank you, it is paid");
    expect(posts()).toHaveLength(1);
    expect(posts()[0]!.body).toMatchObject({ items: [{ sku: "MUG", quantity: 2 }], expected_total: { amount_minor: 3998 }, payment_method: "pm_card_visa", shipping_address: { city: "Hamburg", country: "DE" } });
    expect(screen.getByRole("link", { name: "Cart, 0 pieces" })).toBeInTheDocument();
  });

  it("shows all faults of the form, and moves to the first", async () => {
    const opened = openShop("/checkout");
    await opened.user.click(await button());
    expect(await screen.findByText("Enter street and number.")).toBeInTheDocument();
    expect(screen.getByText("Enter the town.")).toBeInTheDocument();
    expect(screen.getByLabelText("Street and number")).toHaveFocus();
    expect(posts()).toHaveLength(0);
  });

  it("shows the server's faults at their fields and keeps what was typed", async () => {
    const errors = [{ pointer: "#/shipping_address/postal_code", code: "invalid", detail: "This town has another code." }];
    held.shop.once("POST /orders", () => refuse(422, "validation_failed", "Unprocessable Entity", { errors }));
    const opened = openShop("/checkout");
    await fillAddress(opened);
    await opened.user.click(await button());
    expect(await screen.findByText("This town has another code.")).toBeInTheDocument();
    expect(screen.getByLabelText("Town")).toHaveValue("Hamburg");
    expect(screen.getByLabelText("Postal code")).toHaveFocus();
  });

  it("asks again with the same key when the answer is lost, and says so", async () => {
    held.shop.once("POST /orders", async (request) => {
      // The order is made, and the answer does not arrive.
      await held.shop.handle(request);
      return Response.error();
    });
    const opened = openShop("/checkout");
    await fillAddress(opened);
    await opened.user.click(await button());
    await heading("We are checking your order");
    await heading("Thank you, it is paid");
    expect(new Set(posts().map(({ key }) => key)).size).toBe(1);
    expect(held.shop.orders).toHaveLength(1);
  });

  it("goes on after a reload in between", async () => {
    held.shop.once("POST /orders", async (request) => {
      await held.shop.handle(request);
      return new Promise<Response>(() => undefined);
    });
    const first = openShop("/checkout");
    await fillAddress(first);
    await first.user.click(await button());
    await waitFor(() => expect(held.shop.orders).toHaveLength(1));
    first.close();
    openShop("/checkout");
    await heading("Thank you, it is paid");
    expect(held.shop.orders).toHaveLength(1);
  });

  it("makes another order only after the first was refused", async () => {
    held.shop.once("POST /orders", () => refuse(409, "price_changed", "Conflict"));
    const opened = openShop("/checkout");
    await fillAddress(opened);
    await opened.user.click(await button());
    expect(await screen.findByText("A price has changed")).toBeInTheDocument();
    await opened.user.click(await button());
    await heading("Thank you, it is paid");
    expect(new Set(posts().map(({ key }) => key)).size).toBe(2);
  });

  it("goes on with the same order after a session that ended in between", async () => {
    const opened = openShop("/checkout");
    await fillAddress(opened);
    const pressed = await button();
    held.shop.user = null;
    held.shop.once("POST /orders", () => refuse(401, "unauthenticated", "Unauthorized"));
    await opened.user.click(pressed);
    await heading("Sign in");
    await opened.user.type(screen.getByLabelText("E-mail"), "buyer@waybill.test");
    await opened.user.type(screen.getByLabelText("Password"), "waybill-demo{Enter}");
    await heading("Thank you, it is paid");
    expect(new Set(posts().map(({ key }) => key)).size).toBe(1);
    expect(held.shop.orders).toHaveLength(1);
  });

  it("leads visitors through signing in and back", async () => {
    held.shop.user = null;
    localStorage.removeItem("waybill.session.known");
    const opened = openShop("/checkout");
    await heading("Sign in");
    await opened.user.type(screen.getByLabelText("E-mail"), "buyer@waybill.test");
    await opened.user.type(screen.getByLabelText("Password"), "waybill-demo{Enter}");
    await heading("Check out");
  });
});
