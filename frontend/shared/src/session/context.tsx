import { useQueryClient } from "@tanstack/react-query";
import { createContext, use, useEffect, useRef, useSyncExternalStore, type ReactNode } from "react";
import type { Api } from "../api/client";
import type { Session, SessionState } from "./session";

interface Connection {
  api: Api;
  session: Session;
}

const ConnectionContext = createContext<Connection | null>(null);

/** Gives the pages below the API and the session. */
export function ConnectionProvider({ api, session, children }: Connection & { children: ReactNode }) {
  return (
    <ConnectionContext value={{ api, session }}>
      <ForgetOnChange session={session} />
      {children}
    </ConnectionContext>
  );
}

/** What one account read must not be shown to the next one in the same browser. */
function ForgetOnChange({ session }: { session: Session }) {
  const queries = useQueryClient();
  const state = useSyncExternalStore(session.subscribe, session.getState);
  const id = state.user?.id ?? null;
  const seen = useRef(id);
  useEffect(() => {
    if (seen.current !== null && seen.current !== id) queries.clear();
    seen.current = id;
  }, [id, queries]);
  return null;
}

function useConnection(): Connection {
  const connection = use(ConnectionContext);
  if (!connection) throw new Error("ConnectionProvider is missing");
  return connection;
}

export function useApi(): Api {
  return useConnection().api;
}

export function useSession(): Session {
  return useConnection().session;
}

export function useSessionState(): SessionState {
  const session = useSession();
  return useSyncExternalStore(session.subscribe, session.getState);
}
