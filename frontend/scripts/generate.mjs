// Writes the types of the API from the services' merged OpenAPI document, or checks that they are still the same.
// Usage: node scripts/generate.mjs [--check] DOCUMENT
import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import openapiTS, { astToString, COMMENT_HEADER } from "openapi-typescript";

const TARGET = new URL("../shared/src/api/schema.ts", import.meta.url);

const options = process.argv.slice(2);
const check = options.includes("--check");
const document = options.find((option) => !option.startsWith("--"));
if (!document) {
  console.error("Which OpenAPI document?");
  process.exit(2);
}
const types = COMMENT_HEADER + astToString(await openapiTS(pathToFileURL(resolve(document))));
if (!check) await writeFile(TARGET, types);
else if ((await readFile(TARGET, "utf8")) !== types) {
  console.error("The types in shared/src/api/schema.ts are stale: run `npm run generate -- DOCUMENT`.");
  process.exit(1);
}
