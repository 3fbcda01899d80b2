import { reloadOnNewBuild } from "@waybill/shared/build/reload-on-new-build";
import "@waybill/shared/theme/fonts.css";
import { startTransition } from "react";
import { createRoot } from "react-dom/client";
import { App, router } from "./app/app";

reloadOnNewBuild();
const root = createRoot(document.getElementById("root")!);
// The first page is drawn when all of its script is here, and as a transition: it is drawn once, and gives way to the
// browser every few milliseconds.
void router.load().finally(() => startTransition(() => root.render(<App />)));
