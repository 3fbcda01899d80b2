import { reloadOnNewBuild } from "@waybill/shared/build/reload-on-new-build";
import "@waybill/shared/theme/fonts.css";
import { createRoot } from "react-dom/client";
import { App } from "./app/app";

reloadOnNewBuild();
createRoot(document.getElementById("root")!).render(<App />);
