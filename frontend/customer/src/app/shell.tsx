import Box from "@mui/material/Box";
import Container from "@mui/material/Container";
import Typography from "@mui/material/Typography";
import { Link, Outlet } from "@tanstack/react-router";
import { Brand } from "@waybill/shared/ui/brand";
import { OfflineBanner } from "@waybill/shared/ui/offline-banner";
import { SchemeButton } from "@waybill/shared/ui/scheme-button";
import { SkipLink } from "@waybill/shared/ui/skip-link";
import { useSession } from "@waybill/shared/session/context";
import { useEffect } from "react";
import { TextLink } from "../shop/link-button";
import { AccountLinks, CartLink } from "./header-links";

/** The frame of every page of the shop. */
export function Shell() {
  const session = useSession();
  useEffect(() => void session.settle(), [session]);
  return (
    <Box sx={{ minHeight: "100vh", display: "flex", flexDirection: "column" }}>
      <SkipLink />
      <OfflineBanner />
      <Header />
      <Box component="main" id="main" tabIndex={-1} sx={{ flex: 1, outline: 0 }}>
        <Outlet />
      </Box>
      <Footer />
    </Box>
  );
}

/** The edge of an airmail envelope. */
function AirmailEdge() {
  return (
    <Box
      aria-hidden
      sx={{
        height: 6,
        background: (theme) =>
          `repeating-linear-gradient(115deg, ${theme.vars!.palette.primary.main} 0 22px, transparent 22px 36px, #FF8A4C 36px 58px, transparent 58px 72px)`,
      }}
    />
  );
}

function Header() {
  return (
    <Box component="header" sx={{ borderBottom: 1, borderColor: "divider" }}>
      <AirmailEdge />
      <Container maxWidth="lg" sx={{ display: "flex", alignItems: "center", gap: { xs: 0, sm: 1 }, minHeight: 68 }}>
        <Box component={Link} to="/" sx={{ color: "text.primary", textDecoration: "none", mr: "auto", py: 1, display: "inline-flex" }}>
          <Brand />
        </Box>
        <AccountLinks />
        <Box sx={{ display: { xs: "none", sm: "block" } }}>
          <SchemeButton />
        </Box>
        <CartLink />
      </Container>
    </Box>
  );
}

function Footer() {
  return (
    <Box component="footer" sx={{ borderTop: 1, borderColor: "divider", mt: { xs: 6, md: 10 }, py: 4 }}>
      <Container maxWidth="lg" sx={{ display: "flex", flexWrap: "wrap", gap: 3, alignItems: "center", justifyContent: "space-between" }}>
        <Typography variant="body2" color="textSecondary" sx={{ maxWidth: "56ch" }}>
          Waybill is a demo shop. Its stock, payments and parcels are simulated: nothing is charged and nothing is posted.
        </Typography>
        <Box component="nav" aria-label="More" sx={{ display: "flex", flexWrap: "wrap", gap: 2.5, alignItems: "center", typography: "body2" }}>
          <TextLink to="/" color="textPrimary">
            Shop
          </TextLink>
          <TextLink to="/orders" color="textPrimary">
            Orders
          </TextLink>
          <Box sx={{ display: { sm: "none" } }}>
            <SchemeButton />
          </Box>
        </Box>
      </Container>
    </Box>
  );
}
