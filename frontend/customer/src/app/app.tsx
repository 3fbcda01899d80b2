import { RouterProvider } from "@tanstack/react-router";
import { AppFrame } from "@waybill/shared/session/app-frame";
import type { ReactNode } from "react";
import { context } from "./connection";
import { createAppRouter } from "./router";

const router = createAppRouter(context);

/** The page at this address. It is there when all of its script is, so that it is drawn once. */
export async function openPage(): Promise<ReactNode> {
  await router.load().catch(console.error);
  return (
    <AppFrame context={context}>
      <RouterProvider router={router} />
    </AppFrame>
  );
}
