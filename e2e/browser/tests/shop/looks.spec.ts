import { looksGood } from "../../support/looks.ts";
import { addToCart } from "../../support/shop-pages.ts";
import { expect, heading, signedIn, test } from "../../support/test.ts";

test.describe("every page of the shop, light, dark and narrow", () => {
  test("the products", async ({ page, shop }) => {
    await shop.product();
    await page.goto("/");
    await expect(page.getByRole("button", { name: /^Add to cart/ }).first()).toBeVisible();
    await looksGood(page);
  });

  test("a product", async ({ page, shop }) => {
    const product = await shop.product({ stock: 3 });
    await page.goto(`/products/${product.id}`);
    await expect(page.getByText("Only 3 left")).toBeVisible();
    await looksGood(page);
  });

  test("a product that is not there, and a page that is not there", async ({ page }) => {
    await page.goto("/products/prd_none");
    await heading(page, "This is not for sale");
    await looksGood(page);
    await page.goto("/nowhere/at/all");
    await heading(page, "There is no such page");
    await looksGood(page);
  });

  test("the cart, empty and full", async ({ page, shop }) => {
    await page.goto("/cart");
    await heading(page, "Your cart is empty");
    await looksGood(page);
    await addToCart(page, await shop.product());
    await page.goto("/cart");
    await heading(page, "Cart");
    await looksGood(page);
  });

  test("signing in and registering", async ({ page }) => {
    await page.goto("/sign-in");
    await heading(page, "Sign in");
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByText("Enter your password.")).toBeVisible();
    await looksGood(page);
    await page.goto("/register");
    await heading(page, "Make an account");
    await looksGood(page);
  });

  test("the checkout", async ({ page, context, shop }) => {
    await signedIn(context, await shop.customer());
    await addToCart(page, await shop.product());
    await page.goto("/checkout");
    const button = page.getByRole("button", { name: "Order and pay €10.00" });
    await expect(button).toBeEnabled();
    await looksGood(page);
    await button.click();
    await expect(page.getByText("Enter street and number.")).toBeVisible();
    await looksGood(page);
  });

  test("the orders, none and some", async ({ page, context, shop }) => {
    const [buyer, product] = [await shop.customer(), await shop.product()];
    await signedIn(context, buyer);
    await page.goto("/orders");
    await expect(page.getByText("No orders yet")).toBeVisible();
    await looksGood(page);
    const order = await shop.order(buyer, [product]);
    await page.goto("/orders");
    await expect(page.getByRole("link", { name: order.number })).toBeVisible();
    await looksGood(page);
  });

  for (const [state, sign] of [
    ["paid", "Thank you, it is paid"],
    ["shipped", "Your parcel is on its way"],
    ["declined", "Choose a card"],
    ["sold out", "This order is cancelled"],
  ] as const) {
    test(`an order that is ${state}`, async ({ page, context, shop }) => {
      const buyer = await shop.customer();
      await signedIn(context, buyer);
      const product = await shop.product({ stock: state === "sold out" ? 0 : 5 });
      const payment = state === "declined" ? "pm_card_chargeDeclined" : "pm_card_visa";
      const order = await shop.order(buyer, [product], { payment });
      if (state === "shipped") {
        await shop.becomes(order, "PAID");
        await shop.ship(order);
      }
      await page.goto(`/orders/${order.id}`);
      await expect(page.getByRole("heading", { name: sign })).toBeVisible();
      await looksGood(page);
    });
  }
});
