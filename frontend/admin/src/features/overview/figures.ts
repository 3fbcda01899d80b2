import { body, type Api } from "@waybill/shared/api/client";
import type { OrderSummary } from "@waybill/shared/api/types";
import { ORDER_STATUSES, type OrderStatus } from "../../panel/addresses";

const DAY_MS = 86_400_000;

/** Days with today; the service sums up 90 at most. */
export const PERIODS = [7, 30, 90] as const;

export function readSummary(api: Api, days: number): Promise<OrderSummary> {
  return body(api.GET("/api/v1/orders/summary", { params: { query: { days } } }));
}

/** How many orders there are in each state, also where there are none. */
export function countsOf({ by_status }: OrderSummary): [status: OrderStatus, count: number][] {
  return ORDER_STATUSES.map((status) => [status, by_status[status] ?? 0]);
}

export function ordersOf({ by_status }: OrderSummary): number {
  return Object.values(by_status).reduce((sum, count) => sum + count, 0);
}

/** The currencies of the orders, the most used first. */
export function currenciesOf({ by_day }: OrderSummary): string[] {
  const counts = new Map<string, number>();
  for (const { revenue, orders } of by_day) counts.set(revenue.currency, (counts.get(revenue.currency) ?? 0) + orders);
  return [...counts].sort(([, a], [, b]) => b - a).map(([currency]) => currency);
}

/** A day by UTC and what was ordered on it. */
export interface Day {
  /** Such as 2026-11-21. */
  day: string;
  orders: number;
  revenueMinor: number;
}

/** Every day of the period, also those without orders; the revenue is that of one currency. */
export function daysOf({ since, at, by_day }: OrderSummary, currency: string): Day[] {
  const days: Day[] = [];
  const first = Date.parse(since.slice(0, 10));
  for (let time = first; time <= Date.parse(at); time += DAY_MS) days.push({ day: new Date(time).toISOString().slice(0, 10), orders: 0, revenueMinor: 0 });
  for (const { day, orders, revenue } of by_day) {
    const found = days.find((each) => each.day === day);
    if (!found) continue;
    found.orders += orders;
    if (revenue.currency === currency) found.revenueMinor += revenue.amount_minor;
  }
  return days;
}
