import react from "@vitejs/plugin-react";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type HtmlTagDescriptor, type Plugin, type UserConfig } from "vite";

const SHARED = fileURLToPath(new URL("./shared/src", import.meta.url));
/** What an app's start imports as soon as it runs. */
const FIRST_IMPORTS = ["/theme/stage.tsx", "/src/app/app.tsx"];
/** What most letters are set in; the other files of the fonts are for languages that need them. */
const FONTS = /-latin-wght-normal-[\w-]+\.woff2$/;
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

/** Has the browser fetch at once what a page needs and would ask for late: the first imports with all of theirs, and fonts. */
function preloads(base: string): Plugin {
  return {
    name: "preloads",
    transformIndexHtml: {
      order: "post",
      handler: (html, { bundle = {} }) => {
        const scripts = new Set<string>();
        const visit = (name: string) => {
          const chunk = bundle[name];
          if (chunk?.type !== "chunk" || scripts.has(name)) return;
          scripts.add(name);
          chunk.imports.forEach(visit);
        };
        for (const chunk of Object.values(bundle)) {
          if (chunk.type === "chunk" && FIRST_IMPORTS.some((file) => chunk.facadeModuleId?.endsWith(file))) visit(chunk.fileName);
        }
        const missing = [...scripts].filter((name) => !html.includes(name));
        const fonts = Object.keys(bundle).filter((name) => FONTS.test(name));
        return [
          ...fonts.map((name) => link(base + name, { rel: "preload", as: "font", type: "font/woff2" })),
          ...missing.map((name) => link(base + name, { rel: "modulepreload" })),
        ];
      },
    },
  };
}

function link(href: string, attrs: Record<string, string>): HtmlTagDescriptor {
  return { tag: "link", attrs: { ...attrs, crossorigin: true, href }, injectTo: "head" };
}

/** What the shop's and the admin's build have in common. `base` is the path below which the gateway serves the app. */
export function appConfig(base: string): UserConfig {
  return defineConfig({
    base,
    resolve: { alias },
    plugins: [react(), schemeScript(base), preloads(base)],
    build: { target: "es2023", sourcemap: false, modulePreload: { polyfill: false }, assetsInlineLimit: 0, manifest: true },
    server: { proxy: { "/api": GATEWAY } },
    preview: { proxy: { "/api": GATEWAY } },
  });
}
