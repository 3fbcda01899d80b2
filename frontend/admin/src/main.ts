import { reloadOnNewBuild } from "@waybill/shared/build/reload-on-new-build";
import "@waybill/shared/theme/fonts.css";

reloadOnNewBuild();
// One after the other, so that none of them holds up the browser for long. The page's head has it fetch both at once
// (app-config.ts).
void import("@waybill/shared/theme/stage").then(async ({ show }) => {
  const { openPage } = await import("./app/app");
  show(await openPage());
});
