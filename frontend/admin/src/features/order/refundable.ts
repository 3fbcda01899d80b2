import type { Money } from "@waybill/shared/api/types";
import { formatMoney, minorOf } from "@waybill/shared/money/money";
import * as z from "zod";
import type { OrderView } from "@waybill/shared/api/order-view";

/** The service's limit. */
const REASON_LENGTH_MAX = 200;

/** What was captured and neither went back nor is on its way back; null where nothing can be. */
export function leftToRefund({ order, payment }: OrderView): Money | null {
  if (!payment) return null;
  const gone = payment.refunds.filter(({ status }) => status !== "FAILED").reduce((sum, { amount }) => sum + amount.amount_minor, 0);
  const left = payment.captured.amount_minor - gone;
  if (left <= 0) return null;
  // Orders name the action while they are under way. After that the payment alone decides: goods can come back from a
  // customer, and a refund that the bank refused can be tried again.
  const over = order.status === "DELIVERED" || order.status === "CANCELLED";
  return over || order.allowed_actions.includes("refund") ? { ...payment.captured, amount_minor: left } : null;
}

/** The form's values: an amount is text until it is sent. */
export function refundSchema(left: Money) {
  const fits = (typed: string) => {
    const minor = minorOf(typed, left.currency);
    return minor !== null && minor > 0 && minor <= left.amount_minor;
  };
  return z
    .object({
      kind: z.enum(["all", "part"]),
      amount: z.object({ amount_minor: z.string() }),
      reason: z.string().trim().min(1, "Say why; it stays with the payment.").max(REASON_LENGTH_MAX, `At most ${REASON_LENGTH_MAX} characters.`),
    })
    .superRefine(({ kind, amount }, context) => {
      if (kind === "all" || fits(amount.amount_minor)) return;
      context.addIssue({ code: "custom", path: ["amount", "amount_minor"], message: `Enter an amount such as 12.50, at most ${formatMoney(left)}.` });
    });
}

export type RefundValues = z.infer<ReturnType<typeof refundSchema>>;

export const NO_REFUND: RefundValues = { kind: "part", amount: { amount_minor: "" }, reason: "" };
