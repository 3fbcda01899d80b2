import { defineConfig } from "@playwright/test";
import { BROWSER } from "./support/browser.ts";
import { stack } from "./support/stack.ts";

/** Takes the README's pictures from a running stack; see screenshots/. */
export default defineConfig({
  testDir: "screenshots",
  outputDir: "results",
  timeout: 180_000,
  expect: { timeout: 30_000 },
  workers: 1,
  reporter: "list",
  use: { ...BROWSER, baseURL: stack.url, viewport: { width: 1280, height: 1000 }, colorScheme: "light" },
});
