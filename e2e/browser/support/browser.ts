import type { PlaywrightTestOptions, PlaywrightWorkerOptions } from "@playwright/test";

/** Debian's browser, or the one that is named: none is downloaded. It asks nobody for anything on its own. */
export const BROWSER = {
  browserName: "chromium",
  locale: "en-IE",
  timezoneId: "Europe/Berlin",
  reducedMotion: "reduce",
  serviceWorkers: "block",
  launchOptions: {
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"],
  },
} satisfies Partial<PlaywrightTestOptions & PlaywrightWorkerOptions> & { reducedMotion: "reduce" };
