import type { OrderView } from "@waybill/shared/api/order-view";

/** The saga settles within seconds; an order that is older than this waits for a person or a timer. */
const FRESH_MS = 60_000;

/** How eagerly to look for news of an order. */
export function paceOf(view: OrderView | undefined, now = Date.now()): "soon" | "calm" | "never" {
  if (!view) return "never";
  const { order, payment } = view;
  if (payment?.refunds.some(({ status }) => status === "PENDING")) return "soon";
  const moneyMoves = ["PAID", "PROCESSING", "PARTIALLY_REFUNDED"].includes(order.payment_status);
  if (order.status === "CANCELLED") return moneyMoves ? "calm" : "never";
  if (order.status === "DELIVERED") return "never";
  const fresh = now - new Date(order.created_at).getTime() < FRESH_MS;
  return fresh && (order.status === "CREATED" || order.status === "PAYMENT_PENDING") ? "soon" : "calm";
}
