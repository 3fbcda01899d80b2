import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Typography from "@mui/material/Typography";
import { Link, useRouterState } from "@tanstack/react-router";
import type { User } from "@waybill/shared/api/types";
import { useSession } from "@waybill/shared/session/context";
import { Brand } from "@waybill/shared/ui/brand";
import { Icon } from "@waybill/shared/ui/icon";
import { SchemeButton } from "@waybill/shared/ui/scheme-button";
import { useEffect, useId, useState } from "react";
import { placesFor } from "./navigation";

/** The stripes of an airmail envelope, at the edge of the rail. */
const STRIPES = "repeating-linear-gradient(115deg, #7C8DF5 0 14px, transparent 14px 23px, #FF8A4C 23px 37px, transparent 37px 46px)";

const RAIL = { bgcolor: "background.default", color: "text.primary", boxShadow: "inset -1px -1px 0 var(--mui-palette-divider)" } as const;

const INNER = {
  position: { md: "sticky" },
  top: 0,
  height: { md: "100vh" },
  overflowY: { md: "auto" },
  display: "flex",
  flexDirection: "column",
} as const;

/** Where to go and who is signed in. Its attribute makes it dark in either scheme. */
export function Side({ user }: { user: User }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const path = useRouterState({ select: (state) => state.location.pathname });
  useEffect(() => setOpen(false), [path]);
  return (
    <Box component="header" data-scheme="dark" sx={RAIL}>
      <Box sx={INNER}>
        <Box aria-hidden sx={{ height: 5, flexShrink: 0, background: STRIPES }} />
        <Box sx={{ display: "flex", alignItems: "center", justifyContent: "space-between", gap: 1, px: 2, py: { xs: 1, md: 2.5 } }}>
          <Brand note="admin" />
          <Button color="inherit" size="small" startIcon={<Icon name={open ? "close" : "menu"} />} aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)} sx={{ display: { md: "none" } }}>
            Menu
          </Button>
        </Box>
        <Box id={id} sx={{ display: { xs: open ? "flex" : "none", md: "flex" }, flexDirection: "column", flex: 1, gap: 2, px: 1.5, pb: 2 }}>
          <Places user={user} />
          <Account user={user} />
        </Box>
      </Box>
    </Box>
  );
}

/** Marks the place that one is at. */
const ACTIVE_BAR = { content: '""', position: "absolute", left: 0, top: 10, bottom: 10, width: 3, borderRadius: "2px", bgcolor: "#FF8A4C" } as const;

function Places({ user }: { user: User }) {
  return (
    <Box component="nav" aria-label="Admin" sx={{ display: "flex", flexDirection: "column", gap: 0.5, flex: 1 }}>
      {placesFor(user).map((place) => (
        <Button
          key={place.to}
          component={Link}
          to={place.to}
          activeOptions={{ exact: place.to === "/", includeSearch: false }}
          color="inherit"
          startIcon={<Icon name={place.icon} />}
          sx={{ justifyContent: "flex-start", px: 1.5, color: "text.secondary", "&:hover": { color: "text.primary" }, '&[data-status="active"]': { bgcolor: "action.selected", color: "text.primary", "&::before": ACTIVE_BAR } }}
        >
          {place.label}
        </Button>
      ))}
    </Box>
  );
}

function Account({ user }: { user: User }) {
  const session = useSession();
  return (
    <Box sx={{ borderTop: 1, borderColor: "divider", pt: 2, px: 0.5 }}>
      <Typography variant="body2" sx={{ fontWeight: 600 }}>
        {user.name}
      </Typography>
      <Typography variant="body2" color="textSecondary">
        {user.roles.join(", ").toLowerCase()}
      </Typography>
      <Box sx={{ display: "flex", alignItems: "center", justifyContent: "space-between", mt: 1 }}>
        <Button size="small" color="inherit" startIcon={<Icon name="signOut" />} sx={{ ml: -1 }} onClick={() => void session.signOut()}>
          Sign out
        </Button>
        <SchemeButton />
      </Box>
    </Box>
  );
}
