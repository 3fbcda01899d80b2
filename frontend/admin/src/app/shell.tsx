import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import { Outlet, useRouter } from "@tanstack/react-router";
import { ConnectionError } from "@waybill/shared/api/problem";
import { useSession, useSessionState } from "@waybill/shared/session/context";
import { OfflineBanner } from "@waybill/shared/ui/offline-banner";
import { SkipLink } from "@waybill/shared/ui/skip-link";
import { EmptyState, ErrorState } from "@waybill/shared/ui/states";
import { useEffect } from "react";
import { placesFor } from "./navigation";
import { Side } from "./side";

/** The frame of every page for staff: where to go at the side, who is signed in at its end. */
export function Shell() {
  const { status, user } = useSessionState();
  const session = useSession();
  const router = useRouter();
  useEffect(() => {
    // The session can end in the middle of work, here or in another tab.
    if (status === "anonymous") void router.navigate({ to: "/sign-in", search: { next: router.state.location.publicHref } });
  }, [status, router]);
  if (status === "unknown") return <ErrorState page error={new ConnectionError(null)} onRetry={() => void session.settle()} />;
  if (!user) return null;
  return (
    <Box sx={{ display: { md: "grid" }, gridTemplateColumns: { md: "224px minmax(0, 1fr)" }, minHeight: "100vh" }}>
      <SkipLink />
      <Side user={user} />
      <Box sx={{ minWidth: 0 }}>
        <OfflineBanner />
        <Box component="main" id="main" tabIndex={-1} sx={{ p: { xs: 2, md: 3, lg: 4 }, maxWidth: 1440, outline: 0 }}>
          {placesFor(user).length > 0 ? <Outlet /> : <NotStaff />}
        </Box>
      </Box>
    </Box>
  );
}

function NotStaff() {
  return (
    <EmptyState page icon="lock" title="This is for staff" action={<Button variant="contained" href="/">To the shop</Button>}>
      Your account can buy in the shop, but has no rights here. Sign out to use another one.
    </EmptyState>
  );
}
