import { QueryClientProvider, type QueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Api } from "../api/client";
import { NotifyProvider } from "../ui/notify";
import { ConnectionProvider } from "./context";
import type { Session } from "./session";

/** What an app's pages work with. */
export interface AppContext {
  session: Session;
  api: Api;
  queries: QueryClient;
}

/** What stands around an app's pages within the theme: what was read, who is signed in, and what is said in passing. */
export function AppFrame({ context, children }: { context: AppContext; children: ReactNode }) {
  const { session, api, queries } = context;
  return (
    <QueryClientProvider client={queries}>
      <ConnectionProvider api={api} session={session}>
        <NotifyProvider>{children}</NotifyProvider>
      </ConnectionProvider>
    </QueryClientProvider>
  );
}
