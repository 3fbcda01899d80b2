import { body, bodyWithTag, type Api } from "@waybill/shared/api/client";
import type { DeadLetter, Page } from "@waybill/shared/api/types";
import type { OrderSearch, ProductSearch, ServiceName } from "./addresses";

/** As many rows as one looks over at once. */
export const PAGE_SIZE = 20;

/** A page of orders. Only the newest ones can be asked for by time. */
export function readOrders(api: Api, { status, number, since, cursor }: OrderSearch, limit = PAGE_SIZE) {
  // A day without a time would be read as one of UTC.
  const created_after = since ? new Date(`${since}T00:00:00`).toISOString() : undefined;
  return body(api.GET("/api/v1/orders", { params: { query: { status, number, created_after, limit, cursor } } }));
}

/** A page of the products that the caller may change. */
export function readProducts(api: Api, { status, sku, cursor }: ProductSearch, limit = PAGE_SIZE) {
  return body(api.GET("/api/v1/products", { params: { query: { mine: true, status, sku, limit, cursor } } }));
}

/** A product with the tag that a change of it must name. */
export function readProduct(api: Api, id: string) {
  return bodyWithTag(api.GET("/api/v1/products/{id}", { params: { path: { id } } }));
}

/** A page of the stock that the caller looks after, by SKU. */
export function readStockPage(api: Api, cursor: string | undefined, limit = PAGE_SIZE) {
  return body(api.GET("/api/v1/inventory", { params: { query: { limit, cursor } } }));
}

/** The stock of a SKU; for others than its staff it has no figures. */
export function readStock(api: Api, sku: string) {
  return bodyWithTag(api.GET("/api/v1/inventory/{sku}", { params: { path: { sku } } }));
}

export function readMovements(api: Api, sku: string, cursor: string | undefined) {
  return body(api.GET("/api/v1/inventory/{sku}/movements", { params: { path: { sku }, query: { limit: PAGE_SIZE, cursor } } }));
}

/** A page of what a service could not apply. All services have the same call, whose answer their documents leave open. */
export async function readDeadLetters(api: Api, service: ServiceName, cursor: string | undefined): Promise<Page<DeadLetter>> {
  const path = `/api/v1/admin/${service}/dead-letters` as "/api/v1/admin/order/dead-letters";
  const query = { limit: PAGE_SIZE, cursor } as never;
  return (await body(api.GET(path, { params: { query } }))) as unknown as Page<DeadLetter>;
}

/** Applies a dead letter, and then what waits behind it; it comes back as it is afterwards. */
export async function replayDeadLetter(api: Api, service: ServiceName, id: string, key: string): Promise<DeadLetter> {
  const path = `/api/v1/admin/${service}/dead-letters/{id}/replay` as "/api/v1/admin/order/dead-letters/{id}/replay";
  const params = { path: { id }, header: { "Idempotency-Key": key } };
  return (await body(api.POST(path, { params }))) as unknown as DeadLetter;
}
