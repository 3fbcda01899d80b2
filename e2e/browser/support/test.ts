import { test as base, expect, type BrowserContext, type Page } from "@playwright/test";
import { Shop, type Account } from "./shop.ts";
import { stack } from "./stack.ts";

interface Fixtures {
  shop: Shop;
  /** A browser of its own for somebody else. */
  anotherContext: () => Promise<BrowserContext>;
}

/** The answers that a page reports as errors although it deals with them, each known by its status. */
const HANDLED = /Failed to load resource: the server responded with a status of|net::ERR_/;

/** What a page says to be wrong, among it every breach of its Content-Security-Policy. */
function watch(context: BrowserContext, faults: string[]): void {
  context.on("weberror", (error) => faults.push(String(error.error())));
  context.on("console", (message) => {
    if (message.type() === "error" && !HANDLED.test(message.text())) faults.push(message.text());
  });
}

export const test = base.extend<Fixtures, { sharedShop: Shop }>({
  sharedShop: [async ({}, use) => use(new Shop()), { scope: "worker" }],
  shop: async ({ sharedShop }, use) => use(sharedShop),
  context: async ({ context }, use) => {
    const faults: string[] = [];
    watch(context, faults);
    await use(context);
    expect(faults, "errors in the browser's console").toEqual([]);
  },
  anotherContext: async ({ browser, contextOptions, locale, timezoneId }, use) => {
    const faults: string[] = [];
    const opened: BrowserContext[] = [];
    await use(async () => {
      const context = await browser.newContext({ ...contextOptions, locale, timezoneId, baseURL: stack.url });
      watch(context, faults);
      opened.push(context);
      return context;
    });
    for (const context of opened) await context.close();
    expect(faults, "errors in another browser's console").toEqual([]);
  },
});

export { expect };

/** Signs in without the form: the cookie that the server gives, and the apps' own note that there is one. */
export async function signedIn(context: BrowserContext, { email, password }: Pick<Account, "email" | "password">): Promise<void> {
  const answer = await context.request.post(`${stack.url}/api/v1/auth/login`, { data: { email, password } });
  expect(answer.status()).toBe(200);
  await context.addInitScript((key) => {
    // A new tab's empty page has no storage. And once: a session that ends must stay ended after the next page.
    if (location.origin === "null") return;
    if (sessionStorage.getItem(key) === null) localStorage.setItem(key, "1");
    sessionStorage.setItem(key, "1");
  }, "waybill.session.known");
}

export async function heading(page: Page, name: string | RegExp): Promise<void> {
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
}

/** Marks a page so that `sameDocument` can tell whether it was loaded again since. */
export async function markDocument(page: Page): Promise<void> {
  await page.evaluate(() => void Object.assign(window, { waybillTest: true }));
}

export async function sameDocument(page: Page): Promise<void> {
  expect(await page.evaluate(() => "waybillTest" in window), "the page was not loaded again").toBe(true);
}
