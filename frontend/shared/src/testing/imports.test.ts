import { readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = join(process.cwd());
const APPS = ["customer", "admin"];

function sources(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return entries.filter((entry) => /\.tsx?$/.test(entry) && !/\.test\./.test(entry)).map((entry) => join(folder, entry));
}

function imports(file: string): string[] {
  return [...readFileSync(file, "utf8").matchAll(/from "([^"]+)"|import\("([^"]+)"\)/g)].map((match) => match[1] ?? match[2] ?? "");
}

/** The part of an app that a file belongs to, such as `features/cart`. */
function partOf(path: string): string {
  const [first = "", second = ""] = path.split("/");
  return first === "features" ? `${first}/${second}` : first;
}

describe("the arrows between folders", () => {
  it.each(APPS)("of %s go from app to features to the rest", (app) => {
    const src = join(ROOT, app, "src");
    const wrong: string[] = [];
    for (const file of sources(src)) {
      const from = partOf(relative(src, file));
      if (from === "app" || from === "testing" || from === "main.ts") continue;
      for (const imported of imports(file).filter((each) => each.startsWith("."))) {
        const to = partOf(relative(src, join(file, "..", imported)));
        if (to === from) continue;
        if (to.startsWith("features/") || to === "app") wrong.push(`${relative(ROOT, file)} imports ${imported}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it("never lead out of shared", () => {
    const src = join(ROOT, "shared", "src");
    const wrong = sources(src).filter((file) => imports(file).some((each) => each.startsWith(".") && relative(src, join(file, "..", each)).startsWith("..")));
    expect(wrong).toEqual([]);
  });
});
