import { createApi } from "@waybill/shared/api/client";
import { createQueryClient } from "@waybill/shared/api/queries";
import type { AppContext } from "@waybill/shared/session/app-frame";
import { Session } from "@waybill/shared/session/session";
import { productById, productPages } from "../shop/products";
import { OPEN_READS } from "./open-reads";

const session = new Session();
const api = createApi(session, location.origin, { unsigned: OPEN_READS });
const queries = createQueryClient();

export const context: AppContext = { session, api, queries };

/** Asks for what the page at this address will ask for, while the script that draws it is still on its way. */
export function askEarly(path: string): void {
  void session.settle();
  const [, id] = /^\/products\/([\w-]+)$/.exec(path) ?? [];
  if (path === "/") void queries.prefetchInfiniteQuery(productPages(api));
  else if (id) void queries.prefetchQuery(productById(api, id));
}
