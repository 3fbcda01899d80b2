import type { Api } from "@waybill/shared/api/client";
import type { Order } from "@waybill/shared/api/types";
import { body } from "@waybill/shared/api/client";
import { ORDER_STATUSES, type OrderStatus } from "../../panel/addresses";

/** The most that the list gives at once. */
const PAGE_MAX = 100;
/** Pages that are read for the figures: about a megabyte, and a second. What is older is left out, and the page says so. */
const PAGES_MAX = 5;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const PERIODS = [
  { name: "24 hours", ms: DAY },
  { name: "7 days", ms: 7 * DAY },
  { name: "30 days", ms: 30 * DAY },
] as const;

export type Period = (typeof PERIODS)[number];

/** The newest orders of a period. */
export interface Recent {
  orders: Order[];
  /** When the figures begin: with the period, or with the oldest order that was read. */
  from: number;
  to: number;
  /** Whether these are all orders of the period. */
  complete: boolean;
}

/** There is no call for figures, so they are made of the newest orders, which the list gives by the hundred. */
export async function readRecent(api: Api, period: Period, now = Date.now()): Promise<Recent> {
  const begin = now - period.ms;
  const created_after = new Date(begin).toISOString();
  const orders: Order[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const { data, has_more, next_cursor } = await body(api.GET("/api/v1/orders", { params: { query: { created_after, limit: PAGE_MAX, cursor } } }));
    orders.push(...data);
    cursor = next_cursor ?? undefined;
    if (!has_more || cursor === undefined) return { orders, from: begin, to: now, complete: true };
  }
  return { orders, from: timeOf(orders.at(-1)!), to: now, complete: false };
}

const timeOf = (order: Order) => new Date(order.created_at).getTime();

/** Money that stays: the order is paid and was not cancelled. Refunds in part are not taken off. */
const EARNING: string[] = ["PAID", "SHIPPED", "DELIVERED"] satisfies OrderStatus[];

export function countByStatus(orders: Order[]): [status: OrderStatus, count: number][] {
  return ORDER_STATUSES.map((status) => [status, orders.filter((order) => order.status === status).length]);
}

/** The currencies of the orders, the most used first. */
export function currenciesOf(orders: Order[]): string[] {
  const counts = new Map<string, number>();
  for (const { currency } of orders) counts.set(currency, (counts.get(currency) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a).map(([currency]) => currency);
}

/** What was earned in a currency, in minor units. */
export function earnedMinor(orders: Order[], currency: string): number {
  const earning = orders.filter((order) => order.currency === currency && EARNING.includes(order.status));
  return earning.reduce((sum, { total }) => sum + total.amount_minor, 0);
}

/** A stretch of time and what was ordered in it. */
export interface Bucket {
  start: number;
  orders: number;
  earnedMinor: number;
}

const SIZES = [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, DAY];
/** As many bars as can be told apart on a telephone. */
const BARS_MAX = 31;

export function bucketSize(from: number, to: number): number {
  return SIZES.find((size) => (to - from) / size < BARS_MAX) ?? DAY;
}

/** The orders by time, without gaps; days begin at midnight where the browser is. */
export function bucketsOf({ orders, from, to }: Recent, currency: string): Bucket[] {
  const size = bucketSize(from, to);
  const shift = new Date(to).getTimezoneOffset() * MINUTE;
  const startOf = (time: number) => Math.floor((time - shift) / size) * size + shift;
  const buckets: Bucket[] = [];
  for (let start = startOf(from); start <= to; start += size) buckets.push({ start, orders: 0, earnedMinor: 0 });
  for (const order of orders) {
    const bucket = buckets[Math.round((startOf(timeOf(order)) - buckets[0]!.start) / size)];
    if (!bucket) continue;
    bucket.orders += 1;
    bucket.earnedMinor += earnedMinor([order], currency);
  }
  return buckets;
}
