import IconButton from "@mui/material/IconButton";
import InputAdornment from "@mui/material/InputAdornment";
import SvgIcon from "@mui/material/SvgIcon";
import { useState, type ComponentProps } from "react";
import type { FieldValues } from "react-hook-form";
import { TextInput } from "./text-input";

/** A password that can be looked at before it is sent. */
export function PasswordInput<T extends FieldValues>(props: ComponentProps<typeof TextInput<T>>) {
  const [shown, setShown] = useState(false);
  const toggle = (
    <InputAdornment position="end">
      <IconButton edge="end" aria-label={shown ? "Hide password" : "Show password"} onClick={() => setShown(!shown)}>
        <SvgIcon viewBox="0 0 24 24">
          <g fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round">
            <path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12Z" />
            <circle cx="12" cy="12" r="3" />
            {shown && <path d="M4 20 20 4" />}
          </g>
        </SvgIcon>
      </IconButton>
    </InputAdornment>
  );
  return <TextInput {...props} type={shown ? "text" : "password"} slotProps={{ input: { endAdornment: toggle } }} />;
}
