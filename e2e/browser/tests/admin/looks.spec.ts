import { looksGood } from "../../support/looks.ts";
import { stack } from "../../support/stack.ts";
import { expect, heading, signedIn, test } from "../../support/test.ts";

test.describe("every page of the panel, light, dark and narrow", () => {
  test("signing in", async ({ page }) => {
    await page.goto("/admin/");
    await heading(page, "Sign in");
    await looksGood(page);
  });

  for (const [path, title] of [
    ["", "Overview"],
    ["orders", "Orders"],
    ["products", "Products"],
    ["products/new", "New product"],
    ["inventory", "Inventory"],
    ["dead-letters", "Dead letters"],
  ] as const) {
    test(title, async ({ page, context, shop }) => {
      await shop.order(await shop.customer(), [await shop.product()]);
      await signedIn(context, stack.admin);
      await page.goto(`/admin/${path}`);
      await heading(page, title);
      await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
      await looksGood(page);
    });
  }

  test("an order", async ({ page, context, shop }) => {
    const order = await shop.paidOrder(await shop.customer(), [await shop.product()]);
    await signedIn(context, stack.admin);
    await page.goto(`/admin/orders/${order.id}`);
    await heading(page, `Order ${order.number}`);
    await looksGood(page);
  });

  test("a product, and its stock", async ({ page, context, shop }) => {
    const product = await shop.product();
    await signedIn(context, stack.admin);
    await page.goto(`/admin/products/${product.id}`);
    await heading(page, product.name);
    await looksGood(page);
    await page.goto(`/admin/inventory/${product.sku}`);
    await heading(page, product.sku);
    await expect(page.getByRole("table", { name: "Ledger" })).toBeVisible();
    await looksGood(page);
  });

  test("a page for somebody else, and one that is not there", async ({ page, context }) => {
    await signedIn(context, stack.seller);
    await page.goto("/admin/orders");
    await heading(page, "This is not yours to open");
    await looksGood(page);
    await page.goto("/admin/nowhere");
    await heading(page, "There is no such page");
    await looksGood(page);
  });
});
