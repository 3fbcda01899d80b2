import { screen } from "@testing-library/react";
import { aUser, type FakeShop } from "@waybill/shared/testing/fake-shop";
import { openApp } from "@waybill/shared/testing/open-app";
import { createAppRouter } from "../app/router";

/** Opens a page of the admin as a browser does that comes to it anew; `path` is below `/admin`. */
export function openAdmin(path: string) {
  return openApp(`/admin${path}`, createAppRouter);
}

/** An administrator is signed in by the cookie. */
export function signInAdmin(shop: FakeShop): void {
  shop.user = aUser({ id: "usr_admin", name: "Ada Admin", email: "admin@waybill.test", roles: ["ADMIN"] });
  localStorage.setItem("waybill.session.known", "1");
}

/** A seller is signed in by the cookie. */
export function signInSeller(shop: FakeShop): void {
  shop.user = aUser({ id: "usr_seller", name: "Sam Seller", email: "seller@waybill.test", roles: ["SELLER"], seller_id: "sel_1" });
  localStorage.setItem("waybill.session.known", "1");
}

export function heading(name: string | RegExp) {
  return screen.findByRole("heading", { level: 1, name });
}
