// Puts a gzipped copy beside each file of a build that shrinks, so that the gateway need not do it at each request.
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { constants, gzipSync } from "node:zlib";

const SHRINKING = /\.(html|js|css|svg|json)$/;
/** Below this a packet is sent either way. */
const BYTES_MIN = 1024;

const [folder] = process.argv.slice(2);
for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath, entry.name);
  if (!entry.isFile() || !SHRINKING.test(entry.name)) continue;
  const content = await readFile(path);
  if (content.length >= BYTES_MIN) await writeFile(`${path}.gz`, gzipSync(content, { level: constants.Z_BEST_COMPRESSION }));
}
