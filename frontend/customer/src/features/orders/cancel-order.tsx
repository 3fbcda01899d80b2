import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Dialog from "@mui/material/Dialog";
import DialogActions from "@mui/material/DialogActions";
import DialogContent from "@mui/material/DialogContent";
import DialogTitle from "@mui/material/DialogTitle";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useMutation } from "@tanstack/react-query";
import { body } from "@waybill/shared/api/client";
import type { Order } from "@waybill/shared/api/types";
import { formatCountdown } from "@waybill/shared/dates/dates";
import { useNow } from "@waybill/shared/dates/use-now";
import { useApi } from "@waybill/shared/session/context";
import { Icon } from "@waybill/shared/ui/icon";
import { useNotify } from "@waybill/shared/ui/notify";
import { ErrorNotice } from "@waybill/shared/ui/states";
import { useRef, useState } from "react";

/** Taking an order back, for as long as that is possible. */
export function CancelOrder({ order, onDone }: { order: Order; onDone: () => Promise<unknown> }) {
  const [open, setOpen] = useState(false);
  const until = order.cancellable_until ? new Date(order.cancellable_until).getTime() : null;
  const now = useNow(until !== null);
  const allowed = order.allowed_actions.includes("cancel") && (until === null || now < until);
  if (!allowed && !open) return null;
  return (
    <Box sx={{ display: "flex", flexWrap: "wrap", gap: 2, alignItems: "center" }}>
      <Button variant="outlined" color="inherit" startIcon={<Icon name="undo" />} onClick={() => setOpen(true)}>
        Cancel order
      </Button>
      {until !== null && (
        <Typography color="textSecondary">
          possible for another <b>{formatCountdown((until - now) / 1000)}</b>
        </Typography>
      )}
      {open && <CancelDialog order={order} onClose={() => setOpen(false)} onDone={onDone} />}
    </Box>
  );
}

function CancelDialog({ order, onClose, onDone }: { order: Order; onClose: () => void; onDone: () => Promise<unknown> }) {
  const api = useApi();
  const notify = useNotify();
  const [reason, setReason] = useState("");
  // The key belongs to what is sent: another reason is another request.
  const sent = useRef({ reason: "", key: crypto.randomUUID() });
  const cancel = useMutation({
    mutationFn: () => {
      if (sent.current.reason !== reason) sent.current = { reason, key: crypto.randomUUID() };
      const params = { path: { id: order.id }, header: { "Idempotency-Key": sent.current.key } };
      return body(api.POST("/api/v1/orders/{id}/cancel", { params, body: reason.trim() ? { reason: reason.trim() } : {} }));
    },
    onSuccess: async () => {
      await onDone();
      notify("Your order is cancelled.");
      onClose();
    },
    onError: () => void onDone(),
  });
  return (
    <Dialog open onClose={onClose} aria-labelledby="cancel-title" fullWidth maxWidth="xs">
      <DialogTitle id="cancel-title">Cancel this order?</DialogTitle>
      <DialogContent sx={{ display: "grid", gap: 2 }}>
        <Typography>{order.payment_status === "PAID" ? "What you paid goes back to your card." : "Nothing will be charged."}</Typography>
        {cancel.error && <ErrorNotice error={cancel.error} />}
        <TextField label="Why? (optional)" value={reason} onChange={(event) => setReason(event.target.value)} slotProps={{ htmlInput: { maxLength: 200 } }} />
      </DialogContent>
      <DialogActions sx={{ p: 3, pt: 1, flexWrap: "wrap" }}>
        <Button color="inherit" onClick={onClose}>
          Keep it
        </Button>
        <Button variant="contained" color="error" loading={cancel.isPending} onClick={() => cancel.mutate()}>
          Cancel order
        </Button>
      </DialogActions>
    </Dialog>
  );
}
