import type { Page } from "@playwright/test";
import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { CARDS, fillAddress } from "../support/shop-pages.ts";
import { Shop, type Account, type Order } from "../support/shop.ts";
import { stack } from "../support/stack.ts";
import { expect, heading, signedIn, test } from "../support/test.ts";

const FOLDER = fileURLToPath(new URL("../../../frontend/screenshots/", import.meta.url));
/** Fine text stays legible, and a picture stays below a hundred kilobytes or so. */
const QUALITY = 0.86;
const PEOPLE = ["Mira Okafor", "Jonas Lindqvist", "Aylin Demir", "Tomás Vidal"];

/** Saves what the window shows as WebP, which the browser itself makes of its PNG. */
async function save(page: Page, name: string): Promise<void> {
  await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
  await page.evaluate(async () => {
    await document.fonts.ready;
    await Promise.all([...document.images].filter((image) => image.loading !== "lazy").map((image) => image.decode()));
  });
  const png = (await page.screenshot({ animations: "disabled" })).toString("base64");
  const blank = await page.context().browser()!.newPage();
  const webp = await blank.evaluate(
    async ([source, quality]) => {
      const image = new Image();
      image.src = `data:image/png;base64,${source}`;
      await image.decode();
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [image.width, image.height];
      canvas.getContext("2d")!.drawImage(image, 0, 0);
      return canvas.toDataURL("image/webp", quality).split(",")[1]!;
    },
    [png, QUALITY] as const,
  );
  await blank.close();
  await mkdir(FOLDER, { recursive: true });
  await writeFile(`${FOLDER}${name}.webp`, Buffer.from(webp, "base64"));
}

/** Some days of a small shop: orders in every state, by several people. Returns one that is shipped. */
async function someOrders(shop: Shop): Promise<Order> {
  const people: Account[] = [];
  for (const name of PEOPLE) people.push(await shop.account(name));
  const [mira, jonas, aylin, tomas] = people as [Account, Account, Account, Account];
  const buy = async (by: Account, skus: string[], payment?: string) => shop.order(by, await shop.productsBySku(skus), payment ? { payment } : {});
  await shop.becomes(await buy(jonas, ["GRD-HAND-38", "GRD-BRUSH-01"]), "PAID");
  await shop.becomes(await buy(tomas, ["CUP-TRAVEL-350"]), "CANCELLED");
  await buy(aylin, ["BRW-KETTLE-09", "BRW-FILTER-100"], "pm_card_chargeDeclined");
  const delivered = await shop.becomes(await buy(aylin, ["TEA-SENCHA-100", "CUP-MUG-300"]), "PAID");
  await shop.ship(delivered);
  const shipped = await shop.becomes(await buy(mira, ["COF-SIDAMO-250", "BRW-DRIPPER-02", "CUP-ESP-2"]), "PAID");
  await shop.ship(shipped);
  await shop.becomes(await buy(tomas, ["COF-HOUSE-1000"]), "PAID");
  await shop.becomes(await buy(jonas, ["GIFT-SAMPLER-3"]), "PAID");
  return shipped;
}

test("pictures of the shop", async ({ page, context, shop }) => {
  const [kettle, scale] = await shop.productsBySku(["BRW-KETTLE-09", "COF-SIDAMO-250"]);
  await page.goto("/");
  await expect(page.getByRole("button", { name: /^Add to cart/ })).not.toHaveCount(0);
  await save(page, "shop");
  await page.emulateMedia({ colorScheme: "dark" });
  await page.getByRole("heading", { name: "Everything we sell" }).scrollIntoViewIfNeeded();
  await save(page, "shop-dark");
  await page.emulateMedia({ colorScheme: "light" });
  for (const product of [scale!, kettle!]) {
    await page.goto(`/products/${product.id}`);
    await page.getByRole("main").getByRole("button", { name: "Add to cart" }).click();
    await expect(page.getByText(`${product.name} is in the cart.`)).toBeVisible();
  }
  await page.goto(`/products/${kettle!.id}`);
  await heading(page, kettle!.name);
  await save(page, "product");
  await signedIn(context, await shop.account(PEOPLE[0]!));
  await page.goto("/checkout");
  await fillAddress(page);
  await page.getByRole("radio", { name: CARDS.visa }).check();
  await expect(page.getByRole("button", { name: /^Order and pay/ })).toBeEnabled();
  await save(page, "checkout");
});

test("pictures of an order, and of the panel", async ({ page, context, anotherContext, shop }) => {
  const order = await someOrders(shop);
  const buyers = await anotherContext();
  await signedIn(buyers, await shop.account(PEOPLE[0]!));
  const buyer = await buyers.newPage();
  await buyer.goto(`/orders/${order.id}`);
  await heading(buyer, "Your parcel is on its way");
  await save(buyer, "order");

  await signedIn(context, stack.admin);
  await page.goto("/admin/");
  await heading(page, "Overview");
  await save(page, "admin-overview");
  await page.goto("/admin/orders");
  await expect(page.getByRole("link", { name: order.number })).toBeVisible();
  await save(page, "admin-orders");
  await page.goto(`/admin/orders/${order.id}`);
  await heading(page, `Order ${order.number}`);
  await expect(page.getByRole("list", { name: "Facts of the order" })).toContainText("shipped");
  await save(page, "admin-order");
  await page.goto("/admin/inventory");
  await expect(page.getByRole("link", { name: "CUP-TRAVEL-350" })).toBeVisible();
  await save(page, "admin-inventory");
  await page.emulateMedia({ colorScheme: "dark" });
  await page.goto(`/admin/orders/${order.id}`);
  await page.getByRole("list", { name: "Facts of the order" }).getByText("shipped", { exact: true }).scrollIntoViewIfNeeded();
  await save(page, "admin-order-dark");
});
