import react from "@vitejs/plugin-react";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin, type UserConfig } from "vite";

const SHARED = fileURLToPath(new URL("./shared/src", import.meta.url));
const GATEWAY = process.env["WAYBILL_URL"] ?? "http://localhost:8080";

export const alias = {
  "@waybill/shared": SHARED,
  "@emotion/use-insertion-effect-with-fallbacks": `${SHARED}/theme/insert-while-rendering.ts`,
};

/** A script of its own in the head: an inline one would need an exception in the Content-Security-Policy. */
function schemeScript(base: string): Plugin {
  const source = () => readFileSync(`${SHARED}/theme/scheme.js`, "utf8");
  let name = "scheme.js";
  return {
    name: "scheme-script",
    configureServer(server) {
      server.middlewares.use(`${base}scheme.js`, (_, response) => {
        response.setHeader("Content-Type", "text/javascript").end(source());
      });
    },
    buildStart() {
      if (this.meta.watchMode) return;
      const file = this.emitFile({ type: "asset", name: "scheme.js", source: source() });
      name = this.getFileName(file);
    },
    transformIndexHtml: {
      order: "post",
      handler: () => [{ tag: "script", attrs: { src: base + name }, injectTo: "head-prepend" }],
    },
  };
}

/** What the shop's and the admin's build have in common. `base` is the path below which the gateway serves the app. */
export function appConfig(base: string): UserConfig {
  return defineConfig({
    base,
    resolve: { alias },
    plugins: [react(), schemeScript(base)],
    build: { target: "es2023", sourcemap: false, modulePreload: { polyfill: false }, assetsInlineLimit: 0, manifest: true },
    server: { proxy: { "/api": GATEWAY } },
    preview: { proxy: { "/api": GATEWAY } },
  });
}
