import { Outlet, useRouter } from "@tanstack/react-router";
import { useSession, useSessionState } from "@waybill/shared/session/context";
import { ConnectionError } from "@waybill/shared/api/problem";
import { ErrorState } from "@waybill/shared/ui/states";
import { useEffect } from "react";

/** Pages of somebody's own. When the session ends meanwhile, the way leads through signing in and back to this place. */
export function SignedIn() {
  const { status, user } = useSessionState();
  const session = useSession();
  const router = useRouter();
  useEffect(() => {
    if (status === "anonymous") void router.navigate({ to: "/sign-in", search: { next: router.state.location.href } });
  }, [status, router]);
  if (status === "unknown") return <ErrorState page error={new ConnectionError(null)} onRetry={() => void session.settle()} />;
  return user ? <Outlet /> : null;
}
