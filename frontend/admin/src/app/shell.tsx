import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Typography from "@mui/material/Typography";
import { Link, Outlet, useRouter } from "@tanstack/react-router";
import type { User } from "@waybill/shared/api/types";
import { useSession, useSessionState } from "@waybill/shared/session/context";
import { Brand } from "@waybill/shared/ui/brand";
import { Icon } from "@waybill/shared/ui/icon";
import { OfflineBanner } from "@waybill/shared/ui/offline-banner";
import { SchemeButton } from "@waybill/shared/ui/scheme-button";
import { SkipLink } from "@waybill/shared/ui/skip-link";
import { EmptyState } from "@waybill/shared/ui/states";
import { useEffect } from "react";
import { placesFor } from "./navigation";

/** The frame of every page for staff: where to go at the side, who is signed in at its end. */
export function Shell() {
  const { status, user } = useSessionState();
  const router = useRouter();
  useEffect(() => {
    // The session can end in the middle of work, here or in another tab.
    if (status === "anonymous") void router.navigate({ to: "/sign-in", search: { next: router.state.location.href } });
  }, [status, router]);
  if (!user) return null;
  const places = placesFor(user);
  return (
    <Box sx={{ display: "grid", gridTemplateColumns: { md: "232px minmax(0, 1fr)" }, minHeight: "100vh" }}>
      <SkipLink />
      <Side user={user} />
      <Box>
        <OfflineBanner />
        <Box component="main" id="main" tabIndex={-1} sx={{ p: { xs: 2, md: 4 }, outline: 0 }}>
          {places.length > 0 ? <Outlet /> : <NotStaff />}
        </Box>
      </Box>
    </Box>
  );
}

function Side({ user }: { user: User }) {
  const session = useSession();
  return (
    <Box component="header" sx={{ display: "flex", flexDirection: { xs: "row", md: "column" }, flexWrap: "wrap", alignItems: { xs: "center", md: "stretch" }, gap: 2, p: 2, borderRight: { md: 1 }, borderBottom: { xs: 1, md: 0 }, borderColor: "divider" }}>
      <Brand note="admin" />
      <Box component="nav" aria-label="Admin" sx={{ display: "flex", flexDirection: { md: "column" }, gap: 0.5, flex: 1 }}>
        {placesFor(user).map((place) => (
          <Button
            key={place.to}
            component={Link}
            to={place.to}
            color="inherit"
            startIcon={<Icon name={place.icon} />}
            sx={{ justifyContent: "flex-start", '&[aria-current="page"]': { bgcolor: "action.selected" } }}
          >
            {place.label}
          </Button>
        ))}
      </Box>
      <Box sx={{ display: "flex", alignItems: "center", gap: 1, flexWrap: "wrap" }}>
        <Box sx={{ flex: 1, minWidth: 0 }}>
          <Typography variant="body2" sx={{ fontWeight: 600 }}>
            {user.name}
          </Typography>
          <Typography variant="body2" color="textSecondary">
            {user.roles.join(", ").toLowerCase()}
          </Typography>
        </Box>
        <SchemeButton />
        <Button size="small" color="inherit" onClick={() => void session.signOut()}>
          Sign out
        </Button>
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
