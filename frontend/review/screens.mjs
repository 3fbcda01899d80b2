// Takes pictures of both apps' pages over an invented shop: light, dark and narrow, and checks each with axe.
// Usage: node review/screens.mjs FOLDER [part of a picture's name, such as admin-order]; the build must be there.
import axe from "axe-core";
import { mkdir, readFile } from "node:fs/promises";
import { chromium } from "playwright-core";
import { createServer, preview } from "vite";
import { adminPages } from "./admin-pages.mjs";
import { customerPages } from "./customer-pages.mjs";

const [folder, only = ""] = process.argv.slice(2);
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const SIZES = { wide: { width: 1280, height: 900 }, narrow: { width: 320, height: 700 } };

const loader = await createServer({ root: "shared", configFile: false, server: { middlewareMode: true, ws: false }, appType: "custom", logLevel: "error" });
const fake = await loader.ssrLoadModule("/src/testing/fake-shop.ts");
const office = await loader.ssrLoadModule("/src/testing/fake-office.ts");
const seeds = JSON.parse(await readFile("../deploy/local/products.json", "utf8"));

/** A picture of a page, and what is wrong with it. */
async function take(browser, base, { aShop, pages }, name, scheme, size) {
  const shop = aShop();
  const wanted = { cart: null };
  const path = pages[name](shop, wanted);
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

/** All pages of an app. */
async function takeAll(browser, root, port, app) {
  const site = await preview({ root, logLevel: "error", preview: { port, strictPort: true, host: "127.0.0.1", headers: { "Content-Security-Policy": POLICY } } });
  let bad = 0;
  for (const name of Object.keys(app.pages).filter((each) => each.includes(only))) {
    for (const [scheme, size] of [["light", "wide"], ["dark", "wide"], ["light", "narrow"]]) {
      const faults = await take(browser, `http://127.0.0.1:${port}`, app, name, scheme, size);
      bad += faults.length;
      for (const fault of faults) console.log(`${name} ${scheme} ${size}: ${fault}`);
    }
  }
  await site.close();
  return bad;
}

await mkdir(folder, { recursive: true });
const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
const bad = (await takeAll(browser, "customer", 8190, customerPages(fake, seeds))) + (await takeAll(browser, "admin", 8191, adminPages(fake, office, seeds)));
console.log(bad === 0 ? "nothing to mend" : `${bad} faults`);
await browser.close();
await loader.close();
