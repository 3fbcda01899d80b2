import { RouterProvider } from "@tanstack/react-router";
import { createApi } from "@waybill/shared/api/client";
import { createQueryClient } from "@waybill/shared/api/queries";
import { AppFrame } from "@waybill/shared/session/app-frame";
import { Session } from "@waybill/shared/session/session";
import type { ReactNode } from "react";
import { createAppRouter } from "./router";

const session = new Session();
const context = { session, api: createApi(session, location.origin), queries: createQueryClient() };

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
