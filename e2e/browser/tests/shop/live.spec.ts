import { CARDS } from "../../support/shop-pages.ts";
import { heading, markDocument, sameDocument, signedIn, test, expect } from "../../support/test.ts";

test("a second window sees what happens in the first, without a reload", async ({ page, context, shop }) => {
  const [buyer, product] = [await shop.customer(), await shop.product({ price: 1500 })];
  const order = await shop.order(buyer, [product], { payment: "pm_card_chargeDeclined" });
  await signedIn(context, buyer);
  await page.goto(`/orders/${order.id}`);
  const other = await context.newPage();
  await other.goto(`/orders/${order.id}`);
  for (const each of [page, other]) await expect(each.getByRole("heading", { name: "Choose a card" })).toBeVisible();
  await markDocument(other);

  await page.getByRole("radio", { name: CARDS.visa }).check();
  await page.getByRole("button", { name: "Pay €15.00" }).click();
  for (const each of [page, other]) await heading(each, "Thank you, it is paid");
  await shop.ship(order);
  for (const each of [page, other]) await heading(each, "Your parcel is on its way");
  await expect(other.getByRole("list", { name: "What happened so far" })).toContainText("DHL 00340434161094042557");
  await sameDocument(other);
});
