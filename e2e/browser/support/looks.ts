import axe from "axe-core";
import { expect, type Page } from "@playwright/test";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
/** The narrowest window that WCAG asks for (1.4.10). */
const NARROW = { width: 320, height: 700 };

/** Looks at a page as it is in light and in dark with axe, and in a narrow window. */
export async function looksGood(page: Page): Promise<void> {
  const wide = page.viewportSize()!;
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    expect.soft(await violations(page), `axe, ${colorScheme}`).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize(NARROW);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect.soft(over, "pixels to scroll sideways at 320 px").toBe(0);
  expect.soft(await violations(page), "axe, 320 px wide").toEqual([]);
  await page.setViewportSize(wide);
}

async function violations(page: Page): Promise<string[]> {
  // Evaluated rather than added as a script: the page's Content-Security-Policy allows none.
  await page.evaluate(axe.source);
  const found = (await page.evaluate((runOnly) => (window as unknown as { axe: typeof axe }).axe.run(document, { runOnly }), RULES)) as axe.AxeResults;
  return found.violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(" ")}: ${node.failureSummary ?? ""}`));
}
