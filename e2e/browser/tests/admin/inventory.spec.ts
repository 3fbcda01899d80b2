import { stack } from "../../support/stack.ts";
import { expect, heading, signedIn, test } from "../../support/test.ts";

test("a count against a stock that somebody else has changed does not overwrite it", async ({ page, context, shop }) => {
  const product = await shop.product({ stock: 20 });
  await signedIn(context, stack.admin);
  await page.goto(`/admin/inventory/${product.sku}`);
  await heading(page, product.sku);
  const count = page.getByRole("form", { name: "Count" });
  await expect(count).toContainText("Counted against 20 on hand.");
  await count.getByLabel("Units on the shelf").fill("18");
  await count.getByLabel("Reason of the count").fill("Two were broken");
  await shop.setStock(product.sku, 50);
  await count.getByRole("button", { name: "Book count" }).click();
  const conflict = count.getByRole("alert");
  await expect(conflict).toContainText("Somebody was faster");
  await expect(conflict.getByRole("row").last()).toContainText("18");
  await expect(conflict.getByRole("row").last()).toContainText("50");
  expect((await shop.stock(product.sku)).on_hand).toBe(50);

  await conflict.getByRole("button", { name: "Book mine all the same" }).click();
  await expect(page.getByText("Booked: 18 on hand.")).toBeVisible();
  expect((await shop.stock(product.sku)).on_hand).toBe(18);
  await expect(page.getByRole("table", { name: "Ledger" })).toContainText("Two were broken");
});

test("a delivery is booked into the ledger", async ({ page, context, shop }) => {
  const product = await shop.product({ stock: 3 });
  await signedIn(context, stack.admin);
  await page.goto(`/admin/inventory/${product.sku}`);
  const adjust = page.getByRole("form", { name: "Adjust" });
  await adjust.getByLabel("Units that came or went").fill("24");
  await adjust.getByLabel("Reason").fill("Delivery 4711");
  await adjust.getByRole("button", { name: "Book adjustment" }).click();
  await expect(page.getByText("Booked: 27 on hand.")).toBeVisible();
  await expect(page.getByRole("table", { name: "Ledger" })).toContainText("Delivery 4711");
  expect((await shop.stock(product.sku)).on_hand).toBe(27);
});
