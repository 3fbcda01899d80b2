import Typography from "@mui/material/Typography";
import { body } from "@waybill/shared/api/client";
import type { Order } from "@waybill/shared/api/types";
import { useApi } from "@waybill/shared/session/context";
import { useNotify } from "@waybill/shared/ui/notify";
import { ActionDialog } from "../../panel/action-dialog";
import { useOnce } from "../../panel/use-once";
import { OrderAction, type ActionProps } from "./order-action";

/** Says that a shipped order has arrived. */
export function DeliverOrder({ order, open, onOpen, onClose, onChanged }: ActionProps & { order: Order }) {
  const api = useApi();
  const notify = useNotify();
  const { state, run, clear } = useOnce<Record<string, never>, Order>({
    name: `deliver.${order.id}`,
    send: (call) => body(api.POST("/api/v1/orders/{id}/deliver", { params: { path: { id: order.id }, header: { "Idempotency-Key": call.key } }, body: call.body })),
    onDone: () => {
      onChanged();
      onClose();
      notify(`Order ${order.number} is delivered.`);
    },
    onRefused: onChanged,
  });
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    run({});
  };
  const close = () => {
    clear();
    onClose();
  };
  return (
    <OrderAction label="Mark as delivered" icon="home" main allowed={order.allowed_actions.includes("deliver")} open={open} onOpen={onOpen} state={state}>
      <ActionDialog title={`Has order ${order.number} arrived?`} confirm="Mark as delivered" state={state} onSubmit={submit} onClose={close}>
        <Typography>The customer sees it at once. This cannot be taken back.</Typography>
      </ActionDialog>
    </OrderAction>
  );
}
