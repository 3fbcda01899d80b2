import { stack } from "../../support/stack.ts";
import { heading, signedIn, test } from "../../support/test.ts";

test("a session that is over leads through signing in and back", async ({ page, context, shop }) => {
  const product = await shop.product();
  await signedIn(context, stack.admin);
  await page.clock.install();
  await page.goto(`/admin/inventory/${product.sku}`);
  await heading(page, product.sku);
  await context.clearCookies();
  // The lifetime of an access token is 15 min at most, and the page reads its figures again by itself.
  await page.clock.fastForward("16:00");
  await heading(page, "Sign in");
  await page.getByLabel("E-mail").fill(stack.admin.email);
  await page.getByLabel("Password", { exact: true }).fill(stack.admin.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await heading(page, product.sku);
});
