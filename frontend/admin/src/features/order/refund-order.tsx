import { zodResolver } from "@hookform/resolvers/zod";
import Button from "@mui/material/Button";
import FormControlLabel from "@mui/material/FormControlLabel";
import Radio from "@mui/material/Radio";
import RadioGroup from "@mui/material/RadioGroup";
import { body } from "@waybill/shared/api/client";
import { hasCode } from "@waybill/shared/api/problem";
import type { components } from "@waybill/shared/api/schema";
import type { Money, Payment, Refund } from "@waybill/shared/api/types";
import { TextInput } from "@waybill/shared/forms/text-input";
import { formatMoney, minorOf } from "@waybill/shared/money/money";
import { useApi } from "@waybill/shared/session/context";
import { Notice } from "@waybill/shared/ui/notice";
import { useNotify } from "@waybill/shared/ui/notify";
import { useEffect } from "react";
import { Controller, useForm, useWatch } from "react-hook-form";
import { ActionDialog } from "../../panel/action-dialog";
import type { OrderView } from "@waybill/shared/api/order-view";
import { useFaults } from "../../panel/use-faults";
import { useOnce, type Once } from "../../panel/use-once";
import { OrderAction, type ActionProps } from "./order-action";
import { NO_REFUND, leftToRefund, refundSchema } from "./refundable";

type RefundRequest = components["schemas"]["RefundRequest"];

interface Props extends ActionProps {
  view: OrderView;
  onCancelInstead: () => void;
}

/** Gives money back, all that is left or a part of it. */
export function RefundOrder({ view, open, onOpen, onClose, onChanged, onCancelInstead }: Props) {
  const api = useApi();
  const notify = useNotify();
  const left = leftToRefund(view);
  const once = useOnce<RefundRequest, Refund>({
    name: `refund.${view.order.id}`,
    send: (call) => body(api.POST("/api/v1/payments/refund", { params: { header: { "Idempotency-Key": call.key } }, body: call.body })),
    onDone: ({ amount }) => {
      onChanged();
      onClose();
      notify(`${formatMoney(amount)} is on its way back.`);
    },
    onRefused: onChanged,
  });
  const close = () => {
    once.clear();
    onClose();
  };
  const cancelInstead = () => {
    once.clear();
    onCancelInstead();
  };
  return (
    <OrderAction label="Refund" icon="return" allowed={left !== null} open={open} onOpen={onOpen} state={once.state}>
      {view.payment && <RefundDialog number={view.order.number} payment={view.payment} left={left} once={once} onClose={close} onCancelInstead={cancelInstead} />}
    </OrderAction>
  );
}

interface DialogProps {
  number: string;
  payment: Payment;
  left: Money | null;
  once: Once<RefundRequest>;
  onClose: () => void;
  onCancelInstead: () => void;
}

function RefundDialog({ number, payment, left, once, onClose, onCancelInstead }: DialogProps) {
  const most = left ?? { ...payment.captured, amount_minor: 0 };
  const form = useForm({ resolver: zodResolver(refundSchema(most)), mode: "onBlur", defaultValues: NO_REFUND });
  useFaults(form, once.state);
  const [kind, typed] = useWatch({ control: form.control, name: ["kind", "amount.amount_minor"] });
  const minor = kind === "all" ? most.amount_minor : minorOf(typed, most.currency);
  const { clear } = once;
  // A refusal is about what was sent, not about what is being typed now.
  useEffect(() => clear(), [kind, typed]);
  const submit = form.handleSubmit((values) => {
    const amount = values.kind === "all" ? undefined : { amount_minor: minorOf(values.amount.amount_minor, most.currency)!, currency: payment.captured.currency };
    once.run({ payment_id: payment.id, amount, reason: values.reason });
  });
  return (
    <ActionDialog title={`Refund order ${number}`} confirm={minor ? `Refund ${formatMoney({ ...most, amount_minor: minor })}` : "Refund"} state={once.state} refusal={refusalOf(once, most, onCancelInstead)} onSubmit={(event) => void submit(event)} onClose={onClose}>
      <Controller
        control={form.control}
        name="kind"
        render={({ field }) => (
          <RadioGroup {...field} aria-label="How much goes back">
            <FormControlLabel value="part" control={<Radio />} label="A part" />
            <FormControlLabel value="all" control={<Radio />} label={`All that is left: ${formatMoney(most)}`} />
          </RadioGroup>
        )}
      />
      {kind === "part" && <TextInput control={form.control} name="amount.amount_minor" label={`Amount in ${most.currency}`} helperText={`At most ${formatMoney(most)}.`} slotProps={{ htmlInput: { inputMode: "decimal" } }} />}
      <TextInput control={form.control} name="reason" label="Reason" />
    </ActionDialog>
  );
}

function refusalOf({ state }: Once<RefundRequest>, left: Money, onCancelInstead: () => void) {
  if (state.phase !== "refused") return undefined;
  if (hasCode(state.error, "cancel_instead")) {
    const action = (
      <Button size="small" variant="outlined" onClick={onCancelInstead}>
        Cancel the order
      </Button>
    );
    return (
      <Notice role="alert" tone="warning" icon="ban" title="Cancel the order instead" action={action}>
        Nothing of it was shipped. Cancelling gives all of the money back, and the stock as well. A part can be refunded here.
      </Notice>
    );
  }
  if (hasCode(state.error, "refund_exceeds_capture")) {
    const said = state.error.problem["left_minor"];
    const rest = { ...left, amount_minor: typeof said === "number" ? said : left.amount_minor };
    return (
      <Notice role="alert" tone="bad" icon="alert" title="That is more than is left">
        {rest.amount_minor > 0 ? `${formatMoney(rest)} can still go back. The rest has gone already, or is on its way.` : "All of it has gone back already, or is on its way."}
      </Notice>
    );
  }
  return undefined;
}
