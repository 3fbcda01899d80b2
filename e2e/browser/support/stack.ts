import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
/** Starting a service includes waiting until it is ready. */
const CONTROL_MS = 120_000;

const env = new Map(
  readFileSync(process.env["WAYBILL_TEST_ENV"] ?? `${ROOT}.local/env`, "utf8")
    .split("\n")
    .filter((line) => /^[A-Z_]+=/.test(line))
    .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
);

function value(name: string): string {
  const found = env.get(name);
  if (found === undefined) throw new Error(`${name} is not in the stack's env file`);
  return found;
}

/** The stack under test: the one that WAYBILL_TEST_ENV names, else the one of `make up`. */
export const stack = {
  url: value("WAYBILL_URL"),
  admin: { email: value("DEMO_ADMIN_EMAIL"), password: value("DEMO_PASSWORD") },
  seller: { email: value("DEMO_SELLER_EMAIL"), password: value("DEMO_PASSWORD") },
  buyer: { email: value("DEMO_BUYER_EMAIL"), password: value("DEMO_PASSWORD") },

  /** Kills a part as a crash would, or starts it and waits until it is ready. */
  async control(command: "kill9" | "start", part: string): Promise<void> {
    const options = { env: { ...process.env, STACK: value("WAYBILL_STACK") }, timeout: CONTROL_MS };
    await promisify(execFile)(`${ROOT}deploy/local/stack`, [command, part], options);
  },
};
