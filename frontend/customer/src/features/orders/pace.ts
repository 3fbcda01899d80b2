import type { OrderView } from "@waybill/shared/api/order-view";

/** The saga and the banks settle within seconds; what waits for a person may take days. */
export function paceOf(view: OrderView | undefined): "soon" | "calm" | "never" {
  if (!view) return "never";
  const { order, payment } = view;
  if (order.status === "DELIVERED") return "never";
  if (order.status === "CANCELLED") return moneyIsMoving(order.payment_status) ? "soon" : "never";
  if (order.status === "CREATED") return "soon";
  if (order.status === "PAYMENT_PENDING") return waitsForBuyer(view) || (!payment && !isFresh(view)) ? "calm" : "soon";
  return "calm";
}

/** While an order is fresh, news of its payment are due. */
const FRESH_MS = 60_000;

function isFresh({ order }: OrderView): boolean {
  return Date.now() - new Date(order.created_at).getTime() < FRESH_MS;
}

function moneyIsMoving(paymentStatus: string): boolean {
  return paymentStatus === "PAID" || paymentStatus === "PROCESSING" || paymentStatus === "PARTIALLY_REFUNDED";
}

/** A payment that was asked for with the order starts within this time; after it, the buyer is asked. */
const STARTS_WITHIN_MS = 5_000;

/** Whether nothing goes on before the buyer chooses a card. */
export function waitsForBuyer({ order, payment }: OrderView, now = Date.now()): boolean {
  if (order.status !== "PAYMENT_PENDING" || !order.allowed_actions.includes("pay")) return false;
  if (payment?.status !== "REQUIRES_PAYMENT") return false;
  return payment.attempts.length > 0 || now - new Date(order.created_at).getTime() > STARTS_WITHIN_MS;
}

/** Whether the bank is being asked. */
export function isBeingChecked({ order, payment }: OrderView): boolean {
  return order.status === "PAYMENT_PENDING" && payment?.status === "PROCESSING";
}
