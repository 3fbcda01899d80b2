import { zodResolver } from "@hookform/resolvers/zod";
import Typography from "@mui/material/Typography";
import { body } from "@waybill/shared/api/client";
import { hasCode } from "@waybill/shared/api/problem";
import type { components } from "@waybill/shared/api/schema";
import type { Order } from "@waybill/shared/api/types";
import { TextInput } from "@waybill/shared/forms/text-input";
import { formatMoney } from "@waybill/shared/money/money";
import { useApi } from "@waybill/shared/session/context";
import { Notice } from "@waybill/shared/ui/notice";
import { useNotify } from "@waybill/shared/ui/notify";
import { useForm } from "react-hook-form";
import * as z from "zod";
import { ActionDialog } from "../../panel/action-dialog";
import { useFaults } from "../../panel/use-faults";
import { useOnce } from "../../panel/use-once";
import { OrderAction, type ActionProps } from "./order-action";

/** The service's limit. */
const REASON_LENGTH_MAX = 500;

const schema = z.object({ reason: z.string().trim().max(REASON_LENGTH_MAX, `At most ${REASON_LENGTH_MAX} characters.`) });

/** Ends an order of which nothing was shipped; its stock and its money go back by themselves. */
export function CancelOrder({ order, open, onOpen, onClose, onChanged }: ActionProps & { order: Order }) {
  const api = useApi();
  const notify = useNotify();
  const form = useForm({ resolver: zodResolver(schema), mode: "onBlur", defaultValues: { reason: "" } });
  const { state, run, clear } = useOnce<components["schemas"]["CancelOrder"], Order>({
    name: `cancel.${order.id}`,
    send: (call) => body(api.POST("/api/v1/orders/{id}/cancel", { params: { path: { id: order.id }, header: { "Idempotency-Key": call.key } }, body: call.body })),
    onDone: () => {
      onChanged();
      onClose();
      notify(`Order ${order.number} is cancelled.`);
    },
    onRefused: onChanged,
  });
  useFaults(form, state);
  const submit = form.handleSubmit(({ reason }) => run(reason ? { reason } : {}));
  const late = state.phase === "refused" && hasCode(state.error, "cancellation_window_closed", "invalid_transition");
  const tooLate = (
    <Notice role="alert" tone="bad" icon="alert" title="Too late to cancel">
      Something of it was shipped, or it has ended otherwise. What was paid can still be refunded.
    </Notice>
  );
  const paid = ["PAID", "PARTIALLY_REFUNDED"].includes(order.payment_status);
  const close = () => {
    clear();
    onClose();
  };
  return (
    <OrderAction label="Cancel order" icon="ban" allowed={order.allowed_actions.includes("cancel")} open={open} onOpen={onOpen} state={state}>
      <ActionDialog title={`Cancel order ${order.number}?`} confirm="Cancel order" dismiss="Keep it" dangerous state={state} refusal={late ? tooLate : undefined} onSubmit={(event) => void submit(event)} onClose={close}>
        <Typography>
          {paid ? `What is left of ${formatMoney(order.total)} goes back to the customer, and the stock to the shelf.` : "Nothing will be charged, and the stock is let go."} This cannot be taken back.
        </Typography>
        <TextInput control={form.control} name="reason" label="Reason (optional)" helperText="The customer sees it." multiline minRows={2} autoFocus />
      </ActionDialog>
    </OrderAction>
  );
}
