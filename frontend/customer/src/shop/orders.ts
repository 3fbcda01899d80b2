import { infiniteQueryOptions } from "@tanstack/react-query";
import { body, type Api } from "@waybill/shared/api/client";
import type { Order, Payment, TimelineEntry } from "@waybill/shared/api/types";

const PAGE_SIZE = 10;

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

export function orderPages(api: Api) {
  return infiniteQueryOptions({
    queryKey: ["orders"],
    queryFn: ({ pageParam }) => body(api.GET("/api/v1/orders", { params: { query: { limit: PAGE_SIZE, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => (page.has_more ? (page.next_cursor ?? undefined) : undefined),
  });
}
