import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { createApi } from "@waybill/shared/api/client";
import { createQueryClient } from "@waybill/shared/api/queries";
import { ConnectionProvider } from "@waybill/shared/session/context";
import { Session } from "@waybill/shared/session/session";
import { AppTheme } from "@waybill/shared/theme/app-theme";
import { NotifyProvider } from "@waybill/shared/ui/notify";
import { OPEN_READS } from "./open-reads";
import { createAppRouter } from "./router";

const session = new Session();
const api = createApi(session, location.origin, { unsigned: OPEN_READS });
const queries = createQueryClient();
export const router = createAppRouter({ session, api, queries });

export function App() {
  return (
    <AppTheme>
      <QueryClientProvider client={queries}>
        <ConnectionProvider api={api} session={session}>
          <NotifyProvider>
            <RouterProvider router={router} />
          </NotifyProvider>
        </ConnectionProvider>
      </QueryClientProvider>
    </AppTheme>
  );
}
