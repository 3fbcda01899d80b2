import type { BrowserContext, Page } from "@playwright/test";
import { placeOrder, toCheckout } from "../../support/shop-pages.ts";
import { expect, heading, signedIn, test } from "../../support/test.ts";

/** The lifetime of an access token is 15 min at most. */
const TOKEN_IS_OVER = "16:00";

/** Counts the renewals of a browser's session, and how many ran at once. */
async function countRenewals(context: BrowserContext) {
  const seen = { all: 0, running: 0, mostAtOnce: 0 };
  await context.route("**/api/v1/auth/refresh", async (route) => {
    seen.all += 1;
    seen.running += 1;
    seen.mostAtOnce = Math.max(seen.mostAtOnce, seen.running);
    const response = await route.fetch();
    seen.running -= 1;
    await route.fulfill({ response });
  });
  return seen;
}

async function openWithClock(page: Page, path: string): Promise<void> {
  await page.clock.install();
  await page.goto(path);
}

test("a token that runs out is renewed, and nobody notices", async ({ page, context, shop }) => {
  const [buyer, product] = [await shop.customer(), await shop.product()];
  await signedIn(context, buyer);
  await page.clock.install();
  await toCheckout(page, product);
  const renewals = await countRenewals(context);
  await page.clock.fastForward(TOKEN_IS_OVER);
  await placeOrder(page);
  await heading(page, "Thank you, it is paid");
  expect(renewals.all).toBe(1);
});

test("a session that is over leads through signing in and back to the same order", async ({ page, context, shop }) => {
  const [buyer, product] = [await shop.customer(), await shop.product()];
  await signedIn(context, buyer);
  await page.clock.install();
  await toCheckout(page, product);
  await context.clearCookies();
  await page.clock.fastForward(TOKEN_IS_OVER);
  await placeOrder(page);
  await heading(page, "Sign in");
  await page.getByLabel("E-mail").fill(buyer.email);
  await page.getByLabel("Password", { exact: true }).fill(buyer.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await heading(page, "Thank you, it is paid");
  expect(await shop.ordersOf(buyer)).toHaveLength(1);
});

test("two tabs renew one at a time, and both stay signed in", async ({ page, context, shop }) => {
  const buyer = await shop.customer();
  await signedIn(context, buyer);
  const other = await context.newPage();
  for (const each of [page, other]) {
    await openWithClock(each, "/orders");
    await expect(each.getByText("No orders yet")).toBeVisible();
  }
  const renewals = await countRenewals(context);
  await Promise.all([page, other].map((each) => each.clock.fastForward(TOKEN_IS_OVER)));
  const product = await shop.product();
  const order = await shop.order(buyer, [product]);
  // A look into the shop and back reads the orders again.
  await Promise.all(
    [page, other].map(async (each) => {
      await each.getByRole("navigation", { name: "More" }).getByRole("link", { name: "Shop" }).click();
      await each.getByRole("navigation", { name: "More" }).getByRole("link", { name: "Orders" }).click();
    }),
  );
  for (const each of [page, other]) await expect(each.getByRole("link", { name: order.number })).toBeVisible();
  expect(renewals.mostAtOnce).toBe(1);
  expect(renewals.all).toBeLessThanOrEqual(2);
});

test("signing out in one tab is signing out in all", async ({ page, context, shop }) => {
  await signedIn(context, await shop.customer());
  const other = await context.newPage();
  for (const each of [page, other]) await each.goto("/orders");
  for (const each of [page, other]) await heading(each, "Your orders");
  await page.getByRole("button", { name: /^Account of/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await heading(other, "Sign in");
  await expect(page.getByRole("link", { name: "Sign in" })).toBeVisible();
});
