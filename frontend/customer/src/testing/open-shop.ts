import { screen } from "@testing-library/react";
import { aProduct, aUser, type FakeShop } from "@waybill/shared/testing/fake-shop";
import { openApp } from "@waybill/shared/testing/open-app";
import { OPEN_READS } from "../app/open-reads";
import { createAppRouter } from "../app/router";
import { addToCart, forgetCopy } from "../shop/cart";

/** Opens a page of the shop as a browser does that comes to it anew. */
export function openShop(path: string) {
  forgetCopy();
  return openApp(path, createAppRouter, { unsigned: OPEN_READS });
}

/** Somebody is signed in by the cookie. */
export function signIn(shop: FakeShop): void {
  shop.user = aUser();
  localStorage.setItem("waybill.session.known", "1");
}

/** Products on the shelf, of which there are plenty. */
export function stockUp(shop: FakeShop, ...skus: string[]): void {
  for (const sku of skus) {
    shop.products.push(aProduct(sku, { name: `Product ${sku}` }));
    shop.stock.set(sku, { sku, availability: "IN_STOCK" });
  }
}

export function fillCart(shop: FakeShop): void {
  stockUp(shop, "MUG");
  addToCart(shop.products[0]!, 2);
}

export function heading(name: string | RegExp) {
  return screen.findByRole("heading", { level: 1, name });
}
