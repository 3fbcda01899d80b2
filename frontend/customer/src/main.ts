import { reloadOnNewBuild } from "@waybill/shared/build/reload-on-new-build";
import "@waybill/shared/theme/fonts.css";
import { askEarly } from "./app/connection";

reloadOnNewBuild();
askEarly(location.pathname);
// One after the other, so that asking does not wait for them and none of them holds up the browser for long. The page's
// head has it fetch both meanwhile (app-config.ts).
void import("@waybill/shared/theme/stage").then(async ({ show }) => {
  const { openPage } = await import("./app/app");
  show(await openPage());
});
