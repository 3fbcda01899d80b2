// Measures the shop's pages with Lighthouse, as a phone and as a computer would see them, and says what is below 95.
// Usage: npm run lighthouse [part of a page's name]; WAYBILL_TEST_ENV names the env file of the stack, and RUNS says how
// often each page is measured: the run in the middle counts, since a machine that does something else meanwhile is slower.
import { readFileSync } from "node:fs";
import desktop from "lighthouse/core/config/desktop-config.js";
import lighthouse from "lighthouse";
import puppeteer from "puppeteer-core";

const GOAL = 95;
const RUNS = Number(process.env.RUNS ?? 3);
const [only = ""] = process.argv.slice(2);
const file = process.env.WAYBILL_TEST_ENV ?? new URL("../../.local/env", import.meta.url);
const env = Object.fromEntries(readFileSync(file, "utf8").split("\n").filter((line) => /^[A-Z_]+=/.test(line)).map((line) => line.split(/=(.*)/).slice(0, 2)));
const base = env.WAYBILL_URL;
const { data: products } = await (await fetch(`${base}/api/v1/products?limit=100`)).json();
const kettle = products.find(({ sku }) => sku === "BRW-KETTLE-09");

const PAGES = { "product list": "/", "product page": `/products/${kettle.id}`, checkout: "/checkout" };

/** Signs in, and puts something into the cart. */
async function prepare(page) {
  await page.goto(`${base}/sign-in`);
  await page.evaluate(
    async (email, password, product) => {
      const headers = { "Content-Type": "application/json" };
      await fetch("/api/v1/auth/login", { method: "POST", headers, body: JSON.stringify({ email, password }) });
      localStorage.setItem("waybill.session.known", "1");
      const line = { productId: product.id, sku: product.sku, name: product.name, price: product.price, imageUrl: product.image_url, quantity: 1 };
      localStorage.setItem("waybill.cart", JSON.stringify({ id: "lighthouse", lines: [line] }));
    },
    env.DEMO_BUYER_EMAIL,
    env.DEMO_PASSWORD,
    kettle,
  );
}

/** Loads a page as somebody who comes to it with a new browser. */
async function measure(path, config) {
  const browser = await puppeteer.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-background-networking"] });
  try {
    const page = await browser.newPage();
    await prepare(page);
    return (await lighthouse(base + path, { disableStorageReset: true, logLevel: "error", output: "json" }, config, page)).lhr;
  } finally {
    await browser.close();
  }
}

let below = 0;
for (const [name, path] of Object.entries(PAGES)) {
  if (!name.includes(only)) continue;
  for (const [device, config] of [["phone", undefined], ["computer", desktop]]) {
    const runs = [];
    for (let run = 0; run < RUNS; run += 1) runs.push(await measure(path, config));
    const lhr = runs.toSorted((one, other) => one.categories.performance.score - other.categories.performance.score)[RUNS >> 1];
    const scores = Object.values(lhr.categories).map(({ title, score }) => [title, Math.round(score * 100)]);
    console.log(`${name}, ${device}: ${scores.map((each) => each.join(" ")).join(", ")}`);
    const audits = Object.values(lhr.categories).flatMap(({ auditRefs }) => auditRefs.filter(({ weight }) => weight > 0).map(({ id }) => lhr.audits[id]));
    if (scores.some(([, score]) => score < GOAL)) below += 1;
    for (const { id, score, displayValue = "", title } of audits) {
      if (score !== null && score < 0.9) console.log(`    ${id} ${score} ${displayValue} ${title}`);
    }
  }
}
console.log(below === 0 ? `all at ${GOAL} or above` : `${below} below ${GOAL}`);
process.exitCode = below === 0 ? 0 : 1;
