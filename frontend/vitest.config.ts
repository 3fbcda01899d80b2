import { defineConfig } from "vitest/config";
import { alias } from "./app-config.ts";

export default defineConfig({
  resolve: { alias },
  test: {
    environment: "jsdom",
    environmentOptions: { jsdom: { url: "http://shop.test/" } },
    globals: true,
    include: ["*/src/**/*.test.{ts,tsx}"],
    setupFiles: ["shared/src/testing/setup.ts"],
    // The machine has better things to do than to start a process for every file.
    maxWorkers: 2,
    testTimeout: 90_000,
  },
});
