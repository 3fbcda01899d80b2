import { expect, type Page } from "@playwright/test";
import type { Product } from "./shop.ts";
import { heading } from "./test.ts";

export const CARDS = { visa: "Visa ending in 4242", declined: "Visa ending in 0002", poor: "Visa ending in 9995" };

/** Puts a product into the cart from its page. */
export async function addToCart(page: Page, product: Product): Promise<void> {
  await page.goto(`/products/${product.id}`);
  await heading(page, product.name);
  await page.getByRole("main").getByRole("button", { name: "Add to cart" }).click();
  await expect(page.getByText(`${product.name} is in the cart.`)).toBeVisible();
}

export async function fillAddress(page: Page): Promise<void> {
  await page.getByLabel("Street and number").fill("Kaffeegasse 12");
  await page.getByLabel("Postal code").fill("20457");
  await page.getByLabel("Town").fill("Hamburg");
}

/** Goes to the checkout with one product in the cart, and fills it in. */
export async function toCheckout(page: Page, product: Product, card = CARDS.visa): Promise<void> {
  await addToCart(page, product);
  await page.goto("/checkout");
  await heading(page, "Check out");
  await fillAddress(page);
  await page.getByRole("radio", { name: card }).check();
}

export async function placeOrder(page: Page): Promise<void> {
  await page.getByRole("button", { name: /^Order and pay/ }).click();
}
