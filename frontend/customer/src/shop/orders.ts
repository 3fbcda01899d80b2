import { infiniteQueryOptions } from "@tanstack/react-query";
import { body, type Api } from "@waybill/shared/api/client";

const PAGE_SIZE = 10;

export function orderPages(api: Api) {
  return infiniteQueryOptions({
    queryKey: ["orders"],
    queryFn: ({ pageParam }) => body(api.GET("/api/v1/orders", { params: { query: { limit: PAGE_SIZE, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => (page.has_more ? (page.next_cursor ?? undefined) : undefined),
  });
}
