import Box from "@mui/material/Box";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { SignInForm } from "@waybill/shared/session/sign-in-form";
import { safeNext } from "@waybill/shared/session/safe-next";
import { Brand } from "@waybill/shared/ui/brand";
import { PageHeading } from "@waybill/shared/ui/page-heading";

export function SignInPage() {
  const { next } = useSearch({ from: "/sign-in" });
  const navigate = useNavigate();
  return (
    <Box component="main" sx={{ maxWidth: 400, mx: "auto", px: 2, py: { xs: 6, sm: 12 }, display: "grid", gap: 3 }}>
      <Brand note="admin" />
      <PageHeading variant="h2">Sign in</PageHeading>
      <SignInForm onSignedIn={() => void navigate({ href: safeNext(next, "/admin/"), replace: true })} />
    </Box>
  );
}
