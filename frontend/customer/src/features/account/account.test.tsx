import { screen } from "@testing-library/react";
import { refuse } from "@waybill/shared/testing/fake-shop";
import { withFakeShop } from "@waybill/shared/testing/server";
import { describe, expect, it } from "vitest";
import { heading, openShop, signIn } from "../../testing/open-shop";

const held = withFakeShop();

describe("an account", () => {
  it("is made and signed in at once, and leads to where somebody wanted to go", async () => {
    const { user } = openShop("/register?next=%2Forders");
    await user.type(await screen.findByLabelText("Name"), "Bo Buyer");
    await user.type(screen.getByLabelText("E-mail"), "buyer@waybill.test");
    await user.type(screen.getByLabelText("Password"), "waybill-demo{Enter}");
    await heading("Your orders");
    expect(await screen.findByText("No orders yet")).toBeInTheDocument();
  });

  it("that is there already is said at the e-mail", async () => {
    held.shop.once("POST /auth/register", () => refuse(409, "email_taken", "Conflict"));
    const { user } = openShop("/register");
    await user.type(await screen.findByLabelText("Name"), "Bo Buyer");
    await user.type(screen.getByLabelText("E-mail"), "buyer@waybill.test");
    await user.type(screen.getByLabelText("Password"), "waybill-demo{Enter}");
    expect(await screen.findByText(/There is an account with this e-mail address/)).toBeInTheDocument();
    expect(screen.getByLabelText("E-mail")).toHaveFocus();
    expect(screen.getByLabelText("Name")).toHaveValue("Bo Buyer");
  });

  it("is told neutrally when the password is wrong", async () => {
    const { user } = openShop("/sign-in");
    await user.type(await screen.findByLabelText("E-mail"), "buyer@waybill.test");
    await user.type(screen.getByLabelText("Password"), "wrong{Enter}");
    expect(await screen.findByText("That did not match")).toBeInTheDocument();
    expect(screen.getByLabelText("E-mail")).toHaveValue("buyer@waybill.test");
  });

  it("leads back to the same place when its session ends", async () => {
    signIn(held.shop);
    const { session, router } = openShop("/orders");
    await heading("Your orders");
    await session.signOut();
    await heading("Sign in");
    expect(router.state.location.search).toEqual({ next: "/orders" });
  });
});
