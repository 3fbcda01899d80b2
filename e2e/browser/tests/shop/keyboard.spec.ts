import type { Locator, Page } from "@playwright/test";
import { expect, heading, signedIn, test } from "../../support/test.ts";

/** More than any page of the shop has to tab through. */
const TABS_MAX = 60;

/** Tabs on until the element has the focus, as somebody without a mouse does. */
async function tabTo(page: Page, wanted: Locator): Promise<void> {
  await expect(wanted).toBeVisible();
  for (let tabs = 0; tabs < TABS_MAX; tabs += 1) {
    await page.keyboard.press("Tab");
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`${wanted} cannot be reached by the keyboard`);
}

test("a purchase with nothing but the keyboard", async ({ page, context, shop }) => {
  const [buyer, product] = [await shop.customer(), await shop.product({ price: 2000 })];
  await signedIn(context, buyer);
  await page.goto(`/products/${product.id}`);
  await heading(page, product.name);

  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: /Skip/ })).toBeFocused();
  await page.keyboard.press("Enter");
  await tabTo(page, page.getByRole("main").getByRole("button", { name: "Add to cart" }));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("link", { name: "Cart, 1 piece" })).toBeVisible();
  await tabTo(page, page.getByRole("link", { name: "Cart, 1 piece" }));
  await page.keyboard.press("Enter");

  await expect(page.getByRole("heading", { level: 1, name: "Cart" })).toBeFocused();
  await tabTo(page, page.getByRole("link", { name: "Check out" }));
  await page.keyboard.press("Enter");

  await expect(page.getByRole("heading", { level: 1, name: "Check out" })).toBeFocused();
  await tabTo(page, page.getByLabel("Street and number"));
  await page.keyboard.type("Kaffeegasse 12");
  await tabTo(page, page.getByLabel("Postal code"));
  await page.keyboard.type("20457");
  await page.keyboard.press("Tab");
  await page.keyboard.type("Hamburg");
  const card = page.getByRole("radio", { name: "Visa ending in 4242" });
  await tabTo(page, card);
  await page.keyboard.press("ArrowDown");
  await expect(page.getByRole("radio", { name: "Mastercard ending in 4444" })).toBeChecked();
  await tabTo(page, page.getByRole("button", { name: "Order and pay €20.00" }));
  await page.keyboard.press("Enter");
  await heading(page, "Thank you, it is paid");
});
