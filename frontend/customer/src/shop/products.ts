import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { body, type Api } from "@waybill/shared/api/client";

/** Fills rows of two, three and four, and keeps the questions about stock to a dozen. */
const PAGE_SIZE = 12;
/** The stock hint may be two seconds old at the server; asking more often says nothing new. */
const STOCK_FRESH_MS = 5_000;

export function productPages(api: Api) {
  return infiniteQueryOptions({
    queryKey: ["products"],
    queryFn: ({ pageParam }) => body(api.GET("/api/v1/products", { params: { query: { limit: PAGE_SIZE, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => (page.has_more ? (page.next_cursor ?? undefined) : undefined),
  });
}

export function productById(api: Api, id: string) {
  return queryOptions({
    queryKey: ["product", id],
    queryFn: () => body(api.GET("/api/v1/products/{id}", { params: { path: { id } } })),
  });
}

export function stockOf(api: Api, sku: string) {
  return queryOptions({
    queryKey: ["stock", sku],
    queryFn: async () => {
      // A list asks for a dozen at once: each in a task of its own, they do not hold up the browser.
      await new Promise((resolve) => setTimeout(resolve));
      return body(api.GET("/api/v1/inventory/{sku}", { params: { path: { sku } } }));
    },
    staleTime: STOCK_FRESH_MS,
  });
}
