import { defineConfig } from "@playwright/test";
import { BROWSER } from "./support/browser.ts";
import { stack } from "./support/stack.ts";

/** Generous: a busy machine is slow, and what never comes is a failure after any time. */
const TEST_MS = 300_000;
const EXPECT_MS = 60_000;

export default defineConfig({
  testDir: "tests",
  outputDir: "results",
  timeout: TEST_MS,
  expect: { timeout: EXPECT_MS },
  // A test that fails now and then is a fault to find, not one to hide.
  retries: 0,
  forbidOnly: true,
  // The stack needs the machine's cores too.
  workers: 1,
  reporter: [["list"], ["json", { outputFile: process.env["BROWSER_REPORT"] ?? "results/report.json" }]],
  use: { ...BROWSER, baseURL: stack.url, actionTimeout: EXPECT_MS, navigationTimeout: EXPECT_MS, screenshot: "only-on-failure", trace: "retain-on-failure" },
});
