import { oneOf, textOf } from "./searches";

type Search = Record<string, unknown>;

export const ORDER_STATUSES = ["CREATED", "PAYMENT_PENDING", "PAID", "SHIPPED", "DELIVERED", "CANCELLED"] as const;
export const PRODUCT_STATUSES = ["ACTIVE", "DRAFT", "ARCHIVED"] as const;
/** Those that consume events, in the order of the saga. */
export const SERVICES = ["order", "inventory", "payment", "catalog", "auth"] as const;

export type OrderStatus = (typeof ORDER_STATUSES)[number];
export type ServiceName = (typeof SERVICES)[number];

/** Which page of a list. */
interface Paged {
  cursor?: string;
}

export interface OrderSearch extends Paged {
  status?: OrderStatus;
  number?: string;
  /** A day, such as 2026-11-21, from its beginning where the browser is. */
  since?: string;
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

export function orderSearch(search: Search): OrderSearch {
  const since = textOf(search, "since");
  return {
    status: oneOf(search, "status", ORDER_STATUSES),
    number: textOf(search, "number"),
    since: since && DAY.test(since) && !Number.isNaN(Date.parse(since)) ? since : undefined,
    cursor: textOf(search, "cursor"),
  };
}

export interface ProductSearch extends Paged {
  status?: (typeof PRODUCT_STATUSES)[number];
  sku?: string;
}

export function productSearch(search: Search): ProductSearch {
  return { status: oneOf(search, "status", PRODUCT_STATUSES), sku: textOf(search, "sku"), cursor: textOf(search, "cursor") };
}

export function inventorySearch(search: Search): Paged {
  return { cursor: textOf(search, "cursor") };
}

export interface DeadLetterSearch extends Paged {
  service?: ServiceName;
}

export function deadLetterSearch(search: Search): DeadLetterSearch {
  return { service: oneOf(search, "service", SERVICES), cursor: textOf(search, "cursor") };
}
