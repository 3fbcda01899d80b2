import { zodResolver } from "@hookform/resolvers/zod";
import Typography from "@mui/material/Typography";
import { body } from "@waybill/shared/api/client";
import type { components } from "@waybill/shared/api/schema";
import type { Order } from "@waybill/shared/api/types";
import { TextInput } from "@waybill/shared/forms/text-input";
import { useApi } from "@waybill/shared/session/context";
import { useNotify } from "@waybill/shared/ui/notify";
import { useForm } from "react-hook-form";
import * as z from "zod";
import { ActionDialog } from "../../panel/action-dialog";
import { useFaults } from "../../panel/use-faults";
import { useOnce } from "../../panel/use-once";
import { OrderAction, type ActionProps } from "./order-action";

/** The service's limit. */
const LENGTH_MAX = 100;

const line = z.string().trim().max(LENGTH_MAX, `At most ${LENGTH_MAX} characters.`);
const schema = z.object({ carrier: line, tracking_number: line });

/** Says that all that is left of an order has gone out. */
export function ShipOrder({ order, open, onOpen, onClose, onChanged }: ActionProps & { order: Order }) {
  const api = useApi();
  const notify = useNotify();
  const form = useForm({ resolver: zodResolver(schema), mode: "onBlur", defaultValues: { carrier: "", tracking_number: "" } });
  const { state, run, clear } = useOnce<components["schemas"]["ShipOrder"], Order>({
    name: `ship.${order.id}`,
    send: (call) => body(api.POST("/api/v1/orders/{id}/ship", { params: { path: { id: order.id }, header: { "Idempotency-Key": call.key } }, body: call.body })),
    onDone: () => {
      onChanged();
      onClose();
      notify(`Order ${order.number} is shipped.`);
    },
    onRefused: onChanged,
  });
  useFaults(form, state);
  const submit = form.handleSubmit(({ carrier, tracking_number }) => run({ ...(carrier && { carrier }), ...(tracking_number && { tracking_number }) }));
  const close = () => {
    clear();
    onClose();
  };
  return (
    <OrderAction label="Ship" icon="truck" main allowed={order.allowed_actions.includes("ship")} open={open} onOpen={onOpen} state={state}>
      <ActionDialog title={`Ship order ${order.number}?`} confirm="Ship order" state={state} onSubmit={(event) => void submit(event)} onClose={close}>
        <Typography>All that was not shipped yet goes out in one parcel, and the customer sees it. It can no longer be cancelled then.</Typography>
        <TextInput control={form.control} name="carrier" label="Carrier (optional)" autoFocus />
        <TextInput control={form.control} name="tracking_number" label="Tracking number (optional)" spellCheck={false} />
      </ActionDialog>
    </OrderAction>
  );
}
