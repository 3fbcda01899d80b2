import { placeOrder, toCheckout } from "../../support/shop-pages.ts";
import { stack } from "../../support/stack.ts";
import { expect, heading, markDocument, sameDocument, signedIn, test } from "../../support/test.ts";

test.afterEach(async () => {
  for (const part of ["order", "catalog"]) await stack.control("start", part);
});

test("a service is killed while somebody watches, and the page comes back by itself", async ({ page, context, shop }) => {
  const [buyer, product] = [await shop.customer(), await shop.product()];
  const order = await shop.paidOrder(buyer, [product]);
  await signedIn(context, buyer);
  await page.goto(`/orders/${order.id}`);
  await heading(page, "Thank you, it is paid");
  await markDocument(page);
  await stack.control("kill9", "order");
  await expect(page.getByText("Reconnecting")).toBeVisible();
  await heading(page, "Thank you, it is paid");
  await stack.control("start", "order");
  await shop.ship(order);
  await heading(page, "Your parcel is on its way");
  await expect(page.getByText("Reconnecting")).toBeHidden();
  await sameDocument(page);
});

test("an order placed while its service is away is made once, when it is back", async ({ page, context, shop }) => {
  const [buyer, product] = [await shop.customer(), await shop.product()];
  await signedIn(context, buyer);
  await toCheckout(page, product);
  await stack.control("kill9", "order");
  await placeOrder(page);
  await heading(page, "We are checking your order");
  await stack.control("start", "order");
  await heading(page, "Thank you, it is paid");
  expect(await shop.ordersOf(buyer)).toHaveLength(1);
});

test("without the catalogue the shop says so, and offers another try", async ({ page }) => {
  await stack.control("kill9", "catalog");
  await page.goto("/");
  await expect(page.getByRole("alert")).toContainText("A part of the shop is not answering");
  await stack.control("start", "catalog");
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("button", { name: /^Add to cart/ }).first()).toBeVisible();
});
