// Draws one picture for each product into the shop's public folder.
import { mkdir, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { PICTURES, shelf } from "./products.mjs";

const FOLDER = fileURLToPath(new URL("../public/pictures/", import.meta.url));

await rm(FOLDER, { recursive: true, force: true });
await mkdir(FOLDER, { recursive: true });
for (const [sku, draw] of Object.entries(PICTURES)) await writeFile(`${FOLDER}${sku}.svg`, draw());
await writeFile(`${FOLDER}shelf.svg`, shelf());
console.log(`${Object.keys(PICTURES).length} pictures`);
