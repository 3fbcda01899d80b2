import Button from "@mui/material/Button";
import Snackbar from "@mui/material/Snackbar";
import SnackbarContent from "@mui/material/SnackbarContent";
import { createContext, use, useCallback, useMemo, useState, type ReactNode } from "react";

/** Long enough to read a line and to reach the button. */
const SHOWN_MS = 6_000;

interface Note {
  key: number;
  text: string;
  action?: { label: string; run: () => void };
}

type Notify = (text: string, action?: Note["action"]) => void;

const NotifyContext = createContext<Notify>(() => undefined);

/** Says in passing that something was done, perhaps with a way to undo it. */
export function useNotify(): Notify {
  return use(NotifyContext);
}

export function NotifyProvider({ children }: { children: ReactNode }) {
  const [note, setNote] = useState<Note | null>(null);
  const [open, setOpen] = useState(false);
  const notify = useCallback<Notify>((text, action) => {
    setNote((last) => ({ key: (last?.key ?? 0) + 1, text, action }));
    setOpen(true);
  }, []);
  const run = useMemo(() => note?.action, [note]);
  const button = run && (
    <Button
      size="small"
      color="inherit"
      onClick={() => {
        run.run();
        setOpen(false);
      }}
    >
      {run.label}
    </Button>
  );
  return (
    <NotifyContext value={notify}>
      {children}
      <Snackbar key={note?.key} open={open} anchorOrigin={{ vertical: "bottom", horizontal: "center" }} autoHideDuration={SHOWN_MS} onClose={(_, reason) => reason !== "clickaway" && setOpen(false)}>
        <SnackbarContent role="status" message={note?.text} action={button} />
      </Snackbar>
    </NotifyContext>
  );
}
