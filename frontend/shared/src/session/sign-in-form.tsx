import { zodResolver } from "@hookform/resolvers/zod";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import { useState } from "react";
import { useForm } from "react-hook-form";
import * as z from "zod";
import type { User } from "../api/types";
import { PasswordInput } from "../forms/password-input";
import { showFaults } from "../forms/server-faults";
import { TextInput } from "../forms/text-input";
import { ErrorNotice } from "../ui/states";
import { useSession } from "./context";

const schema = z.object({
  email: z.email("Enter an e-mail address, such as name@example.com."),
  password: z.string().min(1, "Enter your password."),
});

/** E-mail and password, for whoever has an account. */
export function SignInForm({ onSignedIn }: { onSignedIn: (user: User) => void }) {
  const session = useSession();
  const [error, setError] = useState<unknown>(null);
  const form = useForm({ resolver: zodResolver(schema), mode: "onBlur", defaultValues: { email: "", password: "" } });
  const submit = form.handleSubmit(async ({ email, password }) => {
    setError(null);
    try {
      onSignedIn(await session.signIn(email, password));
    } catch (failure) {
      if (!showFaults(form, failure)) setError(failure);
    }
  });
  return (
    <Box component="form" noValidate onSubmit={(event) => void submit(event)} sx={{ display: "grid", gap: 2.5 }}>
      {error !== null && <ErrorNotice error={error} />}
      <TextInput control={form.control} name="email" label="E-mail" type="email" autoComplete="username" />
      <PasswordInput control={form.control} name="password" label="Password" autoComplete="current-password" />
      <Button type="submit" variant="contained" size="large" loading={form.formState.isSubmitting}>
        Sign in
      </Button>
    </Box>
  );
}
