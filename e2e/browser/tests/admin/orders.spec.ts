import { stack } from "../../support/stack.ts";
import { expect, heading, markDocument, sameDocument, signedIn, test } from "../../support/test.ts";

test("an administrator signs in, finds an order and ships it, and its buyer sees that", async ({ page, anotherContext, shop }) => {
  const [buyer, product] = [await shop.customer(), await shop.product({ price: 2300 })];
  const order = await shop.paidOrder(buyer, [product]);
  const buyers = await anotherContext();
  await signedIn(buyers, buyer);
  const watching = await buyers.newPage();
  await watching.goto(`/orders/${order.id}`);
  await heading(watching, "Thank you, it is paid");
  await markDocument(watching);

  await page.goto("/admin");
  await heading(page, "Sign in");
  await page.getByLabel("E-mail").fill(stack.admin.email);
  await page.getByLabel("Password", { exact: true }).fill(stack.admin.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await heading(page, "Overview");
  await page.getByRole("navigation", { name: "Admin" }).getByRole("link", { name: "Orders" }).click();
  await heading(page, "Orders");
  await page.getByLabel("Order number").fill(order.number);
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByRole("link", { name: order.number }).click();
  await heading(page, `Order ${order.number}`);
  await expect(page.getByRole("list", { name: "Facts of the order" })).toContainText("stock_committed");

  await page.getByRole("button", { name: "Ship", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: `Ship order ${order.number}?` });
  await dialog.getByLabel("Carrier (optional)").fill("DHL");
  await dialog.getByLabel("Tracking number (optional)").fill("JJD0099");
  await dialog.getByRole("button", { name: "Ship order" }).click();
  await expect(page.getByText(`Order ${order.number} is shipped.`)).toBeVisible();
  await heading(watching, "Your parcel is on its way");
  await expect(watching.getByRole("main")).toContainText("JJD0099");
  await sameDocument(watching);

  await page.getByRole("button", { name: "Mark as delivered" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Mark as delivered" }).click();
  await heading(watching, "Your parcel has arrived");
});

test("an administrator cancels an order, and the money goes back", async ({ page, context, shop }) => {
  const [buyer, product] = [await shop.customer(), await shop.product({ stock: 4 })];
  const order = await shop.paidOrder(buyer, [product]);
  await signedIn(context, stack.admin);
  await page.goto(`/admin/orders/${order.id}`);
  await page.getByRole("button", { name: "Cancel order" }).click();
  const dialog = page.getByRole("dialog", { name: `Cancel order ${order.number}?` });
  await dialog.getByLabel("Reason (optional)").fill("The roaster is broken");
  await dialog.getByRole("button", { name: "Cancel order" }).click();
  await expect(page.getByText("It was cancelled here")).toBeVisible();
  await expect(page.getByRole("list", { name: "Refunds" })).toContainText("€10.00");
  await expect.poll(async () => (await shop.stock(product.sku)).on_hand).toBe(4);
});

test("a buyer has nothing to do in the panel", async ({ page, context, shop }) => {
  await signedIn(context, await shop.customer());
  await page.goto("/admin/orders");
  await heading(page, "This is for staff");
});
