import Typography from "@mui/material/Typography";
import { useRouter, useSearch } from "@tanstack/react-router";
import { safeNext } from "@waybill/shared/session/safe-next";
import { SignInForm } from "@waybill/shared/session/sign-in-form";
import { TextLink } from "../../shop/link-button";
import { AccountCard } from "./account-card";

export function SignInPage() {
  const search = useSearch({ from: "/visitor/sign-in" });
  const router = useRouter();
  const goOn = () => router.navigate({ href: safeNext(search.next, "/"), replace: true });
  const below = (
    <Typography>
      New here?{" "}
      <TextLink to="/register" search={search}>
        Make an account
      </TextLink>
    </Typography>
  );
  return (
    <AccountCard title="Sign in" below={below}>
      <SignInForm onSignedIn={() => void goOn()} />
    </AccountCard>
  );
}
