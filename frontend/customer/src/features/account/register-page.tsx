import { zodResolver } from "@hookform/resolvers/zod";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Typography from "@mui/material/Typography";
import { useRouter, useSearch } from "@tanstack/react-router";
import { body } from "@waybill/shared/api/client";
import { hasCode } from "@waybill/shared/api/problem";
import { PasswordInput } from "@waybill/shared/forms/password-input";
import { showFaults } from "@waybill/shared/forms/server-faults";
import { TextInput } from "@waybill/shared/forms/text-input";
import { useApi, useSession } from "@waybill/shared/session/context";
import { safeNext } from "@waybill/shared/session/safe-next";
import { ErrorNotice } from "@waybill/shared/ui/states";
import { useState } from "react";
import { useForm } from "react-hook-form";
import * as z from "zod";
import { TextLink } from "../../shop/link-button";
import { AccountCard } from "./account-card";

const schema = z.object({
  name: z.string().trim().min(1, "Enter your name.").max(100, "A name has 100 characters at most."),
  email: z.email("Enter an e-mail address, such as name@example.com."),
  password: z.string().min(8, "Use 8 characters or more.").max(128, "Use 128 characters at most."),
});

export function RegisterPage() {
  const search = useSearch({ from: "/visitor/register" });
  const below = (
    <Typography>
      You have an account?{" "}
      <TextLink to="/sign-in" search={search}>
        Sign in
      </TextLink>
    </Typography>
  );
  return (
    <AccountCard title="Make an account" below={below}>
      <RegisterForm next={search.next} />
    </AccountCard>
  );
}

function RegisterForm({ next }: { next: string | undefined }) {
  const api = useApi();
  const session = useSession();
  const router = useRouter();
  const [error, setError] = useState<unknown>(null);
  const form = useForm({ resolver: zodResolver(schema), mode: "onBlur", defaultValues: { name: "", email: "", password: "" } });
  const submit = form.handleSubmit(async (values) => {
    setError(null);
    try {
      await body(api.POST("/api/v1/auth/register", { body: values }));
      await session.signIn(values.email, values.password);
      await router.navigate({ href: safeNext(next, "/"), replace: true });
    } catch (failure) {
      if (hasCode(failure, "email_taken")) {
        form.setError("email", { message: "There is an account with this e-mail address. Sign in instead." }, { shouldFocus: true });
      } else if (!showFaults(form, failure)) setError(failure);
    }
  });
  return (
    <Box component="form" noValidate onSubmit={(event) => void submit(event)} sx={{ display: "grid", gap: 2.5 }}>
      {error !== null && <ErrorNotice error={error} />}
      <TextInput control={form.control} name="name" label="Name" autoComplete="name" />
      <TextInput control={form.control} name="email" label="E-mail" type="email" autoComplete="username" />
      <PasswordInput control={form.control} name="password" label="Password" autoComplete="new-password" helperText="8 characters or more." />
      <Button type="submit" variant="contained" size="large" loading={form.formState.isSubmitting}>
        Make an account
      </Button>
    </Box>
  );
}
