import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Dialog from "@mui/material/Dialog";
import DialogActions from "@mui/material/DialogActions";
import DialogContent from "@mui/material/DialogContent";
import DialogTitle from "@mui/material/DialogTitle";
import { Notice } from "@waybill/shared/ui/notice";
import { ErrorNotice } from "@waybill/shared/ui/states";
import { useId, type FormEvent, type ReactNode } from "react";
import type { OnceState } from "./use-once";

interface Props {
  title: string;
  /** What the button says that does it; without it there is nothing to do but look. */
  confirm?: string;
  /** What the button says that leaves all as it is. */
  dismiss?: string;
  dangerous?: boolean;
  state: OnceState;
  /** Stands for the error where this dialog knows it better. */
  refusal?: ReactNode;
  onSubmit: (event: FormEvent) => void;
  onClose: () => void;
  children: ReactNode;
}

/** Asks before something is done that cannot be taken back, and stays with what was typed until it is done. */
export function ActionDialog({ title, confirm, dismiss = "Not now", dangerous, state, refusal, onSubmit, onClose, children }: Props) {
  const id = useId();
  const busy = state.phase === "sending" || state.phase === "checking";
  return (
    <Dialog open onClose={onClose} aria-labelledby={id} fullWidth maxWidth="sm">
      <Box component="form" noValidate onSubmit={onSubmit} sx={{ display: "contents" }}>
        <DialogTitle id={id} variant="h2">
          {title}
        </DialogTitle>
        <DialogContent sx={{ display: "grid", gap: 2.5 }}>
          {state.phase === "refused" && (refusal ?? <ErrorNotice error={state.error} />)}
          {children}
          {state.phase === "checking" && <Checking />}
        </DialogContent>
        <DialogActions sx={{ p: 3, pt: 1, flexWrap: "wrap" }}>
          <Button color="inherit" onClick={onClose}>
            {dismiss}
          </Button>
          {confirm && (
            <Button type="submit" variant="contained" color={dangerous ? "error" : "primary"} loading={busy}>
              {confirm}
            </Button>
          )}
        </DialogActions>
      </Box>
    </Dialog>
  );
}

/** Nobody knows yet whether it took effect. */
export function Checking() {
  return (
    <Notice role="status" tone="active" icon="clock" title="No clear answer yet">
      We ask again until we know, with the same key: it is done once at most. You can close this and go on.
    </Notice>
  );
}
