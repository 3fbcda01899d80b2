import { body, type Api } from "./client";
import type { Order, Payment, TimelineEntry } from "./types";

/** An order with its money and its history, read together. */
export interface OrderView {
  order: Order;
  /** Null until payment has heard of the order, or while it does not answer. */
  payment: Payment | null;
  timeline: TimelineEntry[];
}

export async function readOrder(api: Api, id: string): Promise<OrderView> {
  const path = { id };
  const [order, timeline, payments] = await Promise.all([
    body(api.GET("/api/v1/orders/{id}", { params: { path } })),
    body(api.GET("/api/v1/orders/{id}/timeline", { params: { path } })),
    // The order can be followed without its payment, so that one service that is down does not take the page with it.
    body(api.GET("/api/v1/payments", { params: { query: { order_id: id } } })).catch(() => null),
  ]);
  return { order, timeline: timeline.data, payment: payments?.data[0] ?? null };
}
