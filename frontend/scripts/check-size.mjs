// Measures what a first visit loads: all scripts that the first page needs, gzipped as the gateway sends them.
import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";

/** Kilobytes (1,000 bytes) of script that each app may load at first. */
const BUDGETS = { customer: 200, admin: 260 };
/** The page's script and what it imports as soon as it runs. */
const START = ["index.html", "../shared/src/theme/stage.tsx", "src/app/app.tsx"];
/** What the first page imports lazily but always. */
const FIRST_PAGE = { customer: [], admin: ["src/features/overview/overview-page.tsx"] };

let failed = false;
for (const [app, budget] of Object.entries(BUDGETS)) {
  const folder = new URL(`../${app}/dist/`, import.meta.url);
  const manifest = JSON.parse(await readFile(new URL(".vite/manifest.json", folder), "utf8"));
  const files = new Set();
  const visit = (name) => {
    const chunk = manifest[name];
    if (!chunk || files.has(chunk.file)) return;
    files.add(chunk.file);
    for (const imported of chunk.imports ?? []) visit(imported);
  };
  for (const start of [...START, ...FIRST_PAGE[app]]) {
    if (!(start in manifest)) throw new Error(`the manifest of ${app} does not know ${start}`);
    visit(start);
  }
  let bytes = 0;
  for (const file of files) bytes += gzipSync(await readFile(new URL(file, folder)), { level: 6 }).length;
  const kilobytes = bytes / 1000;
  console.log(`${app}: ${kilobytes.toFixed(1)} kB of ${budget} kB in ${files.size} files`);
  failed ||= kilobytes > budget;
}
process.exitCode = failed ? 1 : 0;
