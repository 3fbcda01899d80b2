import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import { Icon, type IconName } from "@waybill/shared/ui/icon";
import { ErrorNotice } from "@waybill/shared/ui/states";
import type { ReactNode } from "react";
import { Checking } from "../../panel/action-dialog";
import type { OnceState } from "../../panel/use-once";

interface Props {
  label: string;
  icon: IconName;
  main?: boolean;
  allowed: boolean;
  open: boolean;
  onOpen: () => void;
  state: OnceState;
  /** The dialog, while it is open. */
  children: ReactNode;
}

/** A button, its dialog, and what is to be said about a request that outlived its dialog. */
export function OrderAction({ label, icon, main, allowed, open, onOpen, state, children }: Props) {
  return (
    <>
      {allowed && (
        <Button size="small" variant={main ? "contained" : "outlined"} color={main ? "primary" : "inherit"} startIcon={<Icon name={icon} />} onClick={onOpen}>
          {label}
        </Button>
      )}
      {!open && state.phase === "checking" && (
        <Box sx={{ flexBasis: "100%" }}>
          <Checking />
        </Box>
      )}
      {!open && state.phase === "refused" && (
        <Box sx={{ flexBasis: "100%" }}>
          <ErrorNotice error={state.error} />
        </Box>
      )}
      {open && children}
    </>
  );
}

/** What each of an order's actions is given. */
export interface ActionProps {
  open: boolean;
  onOpen: () => void;
  onClose: () => void;
  /** Reads the order anew. */
  onChanged: () => void;
}
