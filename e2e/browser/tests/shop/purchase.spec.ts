import { CARDS, addToCart, fillAddress, placeOrder, toCheckout } from "../../support/shop-pages.ts";
import { random } from "../../support/shop.ts";
import { expect, heading, signedIn, test } from "../../support/test.ts";

test("a visitor buys, and makes an account on the way", async ({ page, shop }) => {
  const product = await shop.product({ stock: 3, price: 1250 });
  await addToCart(page, product);
  await page.getByRole("link", { name: "Cart, 1 piece" }).click();
  await heading(page, "Cart");
  await page.getByRole("button", { name: "One more" }).click();
  await expect(page.getByText("2 pieces")).toBeVisible();
  await page.getByRole("link", { name: "Sign in and check out" }).click();
  await heading(page, "Sign in");
  await page.getByRole("link", { name: "Make an account" }).click();
  await page.getByLabel("Name").fill("Vera Visitor");
  await page.getByLabel("E-mail").fill(`${random()}-${random()}@buyers.test`);
  await page.getByLabel("Password", { exact: true }).fill("correct horse");
  await page.getByRole("button", { name: "Make an account" }).click();
  await heading(page, "Check out");
  await expect(page.getByLabel("Full name")).toHaveValue("Vera Visitor");
  await fillAddress(page);
  await page.getByRole("button", { name: "Order and pay €25.00" }).click();
  await heading(page, "Thank you, it is paid");
  await expect(page.getByRole("list", { name: "What happened so far" })).toContainText("€25.00 paid");
  await expect(page.getByRole("link", { name: "Cart, 0 pieces" })).toBeVisible();
  expect((await shop.stock(product.sku)).on_hand).toBe(1);
});

test("a double click makes one order", async ({ page, context, shop }) => {
  const [buyer, product] = [await shop.customer(), await shop.product()];
  await signedIn(context, buyer);
  await toCheckout(page, product);
  await page.getByRole("button", { name: /^Order and pay/ }).dblclick();
  await heading(page, "Thank you, it is paid");
  expect(await shop.ordersOf(buyer)).toHaveLength(1);
});

test("a declined card: nothing is lost, and another one pays", async ({ page, context, shop }) => {
  const buyer = await shop.customer();
  await signedIn(context, buyer);
  await toCheckout(page, await shop.product({ price: 4200 }), CARDS.poor);
  await placeOrder(page);
  await expect(page.getByRole("alert")).toContainText("There is not enough money on this card.");
  await expect(page.getByRole("alert")).toContainText("You have 2 more tries.");
  await page.getByRole("radio", { name: CARDS.visa }).check();
  await page.getByRole("button", { name: "Pay €42.00" }).click();
  await heading(page, "Thank you, it is paid");
  expect(await shop.ordersOf(buyer)).toHaveLength(1);
});

test("sold out between the cart and the order: nothing is charged", async ({ page, context, shop }) => {
  const [buyer, faster, product] = [await shop.customer(), await shop.customer(), await shop.product({ stock: 1 })];
  await signedIn(context, buyer);
  await toCheckout(page, product);
  await expect(page.getByRole("button", { name: /^Order and pay/ })).toBeEnabled();
  await shop.paidOrder(faster, [product]);
  await placeOrder(page);
  await heading(page, "This order is cancelled");
  await expect(page.getByRole("main")).toContainText("This sold out before we could set it aside");
  await expect(page.getByRole("main")).toContainText("Nothing was charged.");
});

test("an order is taken back within its minute, and the money returns", async ({ page, context, shop }) => {
  const [buyer, product] = [await shop.customer(), await shop.product({ stock: 5, price: 990 })];
  await signedIn(context, buyer);
  const order = await shop.paidOrder(buyer, [product]);
  await page.goto(`/orders/${order.id}`);
  await heading(page, "Thank you, it is paid");
  await page.getByRole("button", { name: "Cancel order" }).click();
  const dialog = page.getByRole("dialog", { name: "Cancel this order?" });
  await dialog.getByLabel("Why? (optional)").fill("One too many");
  await dialog.getByRole("button", { name: "Cancel order" }).click();
  await heading(page, "This order is cancelled");
  await expect(page.getByRole("main")).toContainText("€9.90 went back to your card.");
  await expect(page.getByRole("list", { name: "What happened so far" })).toContainText("One too many");
  await expect.poll(async () => (await shop.stock(product.sku)).on_hand).toBe(5);
});

test("the orders of an account are listed, and nobody else's", async ({ page, context, shop }) => {
  const [buyer, other, product] = [await shop.customer(), await shop.customer(), await shop.product()];
  const [mine, theirs] = [await shop.order(buyer, [product]), await shop.order(other, [product])];
  await signedIn(context, buyer);
  await page.goto("/orders");
  await page.getByRole("link", { name: mine.number }).click();
  await heading(page, /Thank you|set aside/);
  await page.goto(`/orders/${theirs.id}`);
  await heading(page, "There is no such order");
});
