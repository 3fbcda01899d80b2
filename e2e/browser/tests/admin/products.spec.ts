import { random } from "../../support/shop.ts";
import { stack } from "../../support/stack.ts";
import { expect, heading, signedIn, test } from "../../support/test.ts";

test("a seller sees and changes their own products, and nobody else's", async ({ page, context, shop }) => {
  const [own, foreign] = [await shop.product({ owner: await shop.seller() }), await shop.product()];
  await signedIn(context, stack.seller);
  await page.goto("/admin/");
  await heading(page, "Products");
  await expect(page.getByRole("navigation", { name: "Admin" }).getByRole("link")).toHaveText(["Products", "Inventory"]);
  for (const [{ sku }, found] of [[own, true], [foreign, false]] as const) {
    await page.getByLabel("SKU").fill(sku);
    await page.getByRole("button", { name: "Search" }).click();
    if (found) await expect(page.getByRole("link", { name: own.name })).toBeVisible();
    else await expect(page.getByText("No products match")).toBeVisible();
  }
  await page.goto(`/admin/products/${own.id}`);
  await page.getByLabel("Name").fill(`${own.name}, renamed`);
  await page.getByRole("button", { name: "Save" }).click();
  await heading(page, `${own.name}, renamed`);
  await page.goto(`/admin/products/${foreign.id}`);
  await heading(page, "This is not yours to open");
  await page.goto("/admin/orders");
  await heading(page, "This is not yours to open");
});

test("a new product is in the shop as soon as it is on sale", async ({ page, context }) => {
  const sku = `B-${random()}-${random()}`;
  await signedIn(context, stack.admin);
  await page.goto("/admin/products/new");
  await page.getByLabel("SKU").fill(sku);
  await page.getByLabel("Name").fill(`New ${sku}`);
  await page.getByLabel("Price").fill("12.50");
  await page.getByLabel("Status").selectOption({ label: "On sale" });
  await page.getByRole("button", { name: "Create product" }).click();
  await heading(page, `New ${sku}`);
  const id = page.url().split("/").at(-1);
  await page.goto(`/products/${id}`);
  await heading(page, `New ${sku}`);
  await expect(page.getByRole("main")).toContainText("€12.50");
});
