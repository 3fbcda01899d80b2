// Takes pictures of the shop's pages over an invented shop: light, dark and narrow, and checks each with axe.
// Usage: node review/screens.mjs FOLDER [part of a picture's name]; the build must be there.
import axe from "axe-core";
import { mkdir, readFile } from "node:fs/promises";
import { chromium } from "playwright-core";
import { createServer, preview } from "vite";

const [folder, only = ""] = process.argv.slice(2);
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const SIZES = { wide: { width: 1280, height: 900 }, narrow: { width: 320, height: 700 } };

const loader = await createServer({ root: "shared", configFile: false, server: { middlewareMode: true, ws: false }, appType: "custom", logLevel: "error" });
const fake = await loader.ssrLoadModule("/src/testing/fake-shop.ts");
const seeds = JSON.parse(await readFile("../deploy/local/products.json", "utf8"));

function aShop() {
  const shop = new fake.FakeShop();
  for (const { sku, name, description, price, on_hand, status } of seeds) {
    if (status) continue;
    shop.products.push(fake.aProduct(sku, { name, description, price: fake.euro(price) }));
    const availability = on_hand === 0 ? "OUT_OF_STOCK" : on_hand <= 5 ? "LOW_STOCK" : "IN_STOCK";
    shop.stock.set(sku, { sku, availability, ...(availability === "LOW_STOCK" && { left: on_hand }) });
  }
  return shop;
}

const cartOf = (shop, skus) => ({
  id: "cart-1",
  lines: skus.map((sku, index) => {
    const { id, name, price, image_url } = shop.products.find((each) => each.sku === sku);
    return { productId: id, sku, name, price, imageUrl: image_url, quantity: index + 1 };
  }),
});
const CART = ["COF-SIDAMO-250", "BRW-DRIPPER-02", "CUP-ESP-2"];
const ADDRESS = { name: "Bo Buyer", line1: "Kaffeegasse 12", postal_code: "20457", city: "Hamburg", country: "DE" };
const signIn = (shop) => void (shop.user = fake.aUser());
const order = (shop, more, facts, payment) => {
  signIn(shop);
  const items = [["COF-SIDAMO-250", 2], ["BRW-DRIPPER-02", 1]].map(([sku, quantity]) => ({ sku, quantity }));
  shop.answer("POST", "/orders", new URLSearchParams(), { items, shipping_address: ADDRESS });
  const [placed] = shop.orders;
  Object.assign(placed, more);
  shop.timelines.set(placed.id, facts.map(([name, detail]) => fake.fact(name, "order", detail)));
  Object.assign(shop.payments[0], payment);
  return `/orders/${placed.id}`;
};
const total = fake.euro(4980);
const soon = () => new Date(Date.now() + 42_000).toISOString();
const never = () => new Promise(() => undefined);
const broken = () => fake.refuse(503, "unavailable", "Service Unavailable");

const PAGES = {
  list: () => "/",
  "list-empty": (shop) => void (shop.products = []) || "/",
  "list-error": (shop) => { for (let n = 0; n < 9; n += 1) shop.once("GET /products", broken); return "/"; },
  "list-loading": (shop) => void shop.once("GET /products", never) || "/",
  product: () => "/products/prd_BRW-KETTLE-09",
  "product-few": () => "/products/prd_BRW-SCALE-01",
  "product-sold-out": () => "/products/prd_CUP-TRAVEL-350",
  "product-gone": () => "/products/prd_none",
  "product-long": (shop) => {
    Object.assign(shop.products[0], { name: "Extraordinarily long-named Donaudampfschifffahrtsgesellschaftskapitänsespresso in the large family bag, 1 kg", description: "A word that does not end: ".concat("coffee".repeat(30)) });
    return `/products/${shop.products[0].id}`;
  },
  "cart-empty": () => "/cart",
  cart: (shop, page) => { page.cart = cartOf(shop, CART); return "/cart"; },
  "cart-trouble": (shop, page) => {
    page.cart = cartOf(shop, ["COF-SIDAMO-250", "CUP-TRAVEL-350", "MCH-LEVER-01", "BRW-SCALE-01"]);
    page.cart.lines[2].quantity = 9;
    page.cart.lines[0].price = fake.euro(1190);
    shop.products = shop.products.filter(({ sku }) => sku !== "BRW-SCALE-01");
    return "/cart";
  },
  "sign-in": () => "/sign-in",
  register: () => "/register",
  checkout: (shop, page) => { signIn(shop); page.cart = cartOf(shop, CART); return "/checkout"; },
  "checkout-staff": (shop, page) => { shop.user = fake.aUser({ roles: ["ADMIN"] }); page.cart = cartOf(shop, CART); return "/checkout"; },
  orders: (shop) => {
    order(shop, { status: "PAID" }, []);
    for (const status of ["CREATED", "PAYMENT_PENDING", "SHIPPED", "DELIVERED", "CANCELLED"]) shop.orders.push({ ...shop.orders[0], id: `ord_${status}`, number: `W-7K3M9-${status.slice(0, 5)}`, status });
    return "/orders";
  },
  "orders-empty": (shop) => void signIn(shop) || "/orders",
  "order-paid": (shop) => order(shop, { status: "PAID", payment_status: "PAID", allowed_actions: ["cancel"], cancellable_until: soon() }, [["created"], ["stock_reserved"], ["payment_captured", { captured: total }]], { status: "SUCCEEDED" }),
  "order-declined": (shop) =>
    order(shop, { status: "PAYMENT_PENDING", payment_status: "PENDING", allowed_actions: ["pay", "cancel"] }, [["created"], ["stock_reserved", { payment_deadline: soon() }]], {
      attempts_left: 2, attempts: [{ id: "att_1", number: 1, payment_method: "pm", status: "DECLINED", decline_code: "insufficient_funds", created_at: "2026-11-21T10:36:00Z" }],
    }),
  "order-checking": (shop) => order(shop, { status: "PAYMENT_PENDING", payment_status: "PROCESSING", allowed_actions: [] }, [["created"], ["stock_reserved"], ["payment_unknown"]], { status: "PROCESSING" }),
  "order-shipped": (shop) => order(shop, { status: "SHIPPED", payment_status: "PAID", allowed_actions: [] }, [["created"], ["stock_reserved"], ["payment_captured", { captured: total }], ["shipped", { carrier: "DHL", tracking_number: "00340434161094042557" }]], { status: "SUCCEEDED" }),
  "order-sold-out": (shop) => order(shop, { status: "CANCELLED", cancel_reason: "OUT_OF_STOCK", payment_status: "NONE", allowed_actions: [] }, [["created"], ["stock_rejected", { short_lines: [{ sku: "BRW-DRIPPER-02", requested: 1, available: 0 }] }]]),
  "order-refunded": (shop) => order(shop, { status: "CANCELLED", cancel_reason: "BUYER", payment_status: "REFUNDED", allowed_actions: [] }, [["created"], ["stock_reserved"], ["payment_captured", { captured: total }], ["cancel_requested", { by: "buyer", note: "Two were one too many." }], ["refunded", { total }]]),
  "order-unknown": (shop) => void signIn(shop) || "/orders/ord_none",
  "not-found": () => "/nowhere",
  states: () => "/__states",
};

async function take(browser, base, name, scheme, size) {
  const shop = aShop();
  const wanted = { cart: null };
  const path = PAGES[name](shop, wanted);
  const context = await browser.newContext({ viewport: SIZES[size], colorScheme: scheme, reducedMotion: "reduce", locale: "en-IE", serviceWorkers: "block" });
  const page = await context.newPage();
  const faults = [];
  page.on("console", (message) => message.type() === "error" && !/status of (401|404|503)/.test(message.text()) && faults.push(message.text()));
  page.on("pageerror", (error) => faults.push(String(error)));
  await page.route("**/api/v1/**", async (route) => {
    const request = route.request();
    const body = request.postData();
    const answer = await shop.handle(new Request(request.url(), { method: request.method(), headers: request.headers(), ...(body && { body }) }));
    await route.fulfill({ status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() });
  });
  await page.addInitScript(
    ([cart, known]) => {
      if (cart) localStorage.setItem("waybill.cart", JSON.stringify(cart));
      if (known) localStorage.setItem("waybill.session.known", "1");
    },
    [wanted.cart, shop.user !== null],
  );
  await page.goto(base + path, { waitUntil: "load" });
  await page.waitForTimeout(name.endsWith("error") ? 3500 : 900);
  await page.screenshot({ path: `${folder}/${name}-${scheme}-${size}.png`, fullPage: true });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (wide > 0) faults.push(`scrolls sideways by ${wide} px`);
  const found = await page.evaluate(`(() => { ${axe.source}; return axe.run(document, { runOnly: ["wcag2a","wcag2aa","wcag21a","wcag21aa","wcag22aa","best-practice"] }); })()`);
  for (const { id, nodes } of found.violations) faults.push(`axe ${id}: ${nodes.slice(0, 2).map((node) => `${node.target} ${(node.any[0] ?? node.all[0] ?? node.none[0])?.message ?? ""}`).join(" | ")}`);
  await context.close();
  return faults;
}

await mkdir(folder, { recursive: true });
const site = await preview({ root: "customer", logLevel: "error", preview: { port: 8190, strictPort: true, host: "127.0.0.1", headers: { "Content-Security-Policy": POLICY } } });
const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
let bad = 0;
for (const name of Object.keys(PAGES).filter((each) => each.includes(only))) {
  for (const [scheme, size] of [["light", "wide"], ["dark", "wide"], ["light", "narrow"]]) {
    const faults = await take(browser, "http://127.0.0.1:8190", name, scheme, size);
    bad += faults.length;
    for (const fault of faults) console.log(`${name} ${scheme} ${size}: ${fault}`);
  }
}
console.log(bad === 0 ? "nothing to mend" : `${bad} faults`);
await browser.close();
await site.close();
await loader.close();
