import Box from "@mui/material/Box";
import Skeleton from "@mui/material/Skeleton";
import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import type { PublicStock } from "@waybill/shared/api/types";
import { useApi } from "@waybill/shared/session/context";
import { StatusChip, stockStatus, type Status } from "@waybill/shared/ui/status-chip";
import { stockOf } from "./products";

export function useStock(sku: string) {
  return useQuery(stockOf(useApi(), sku));
}

export function stockWords(stock: PublicStock): Status {
  const status = stockStatus(stock.availability);
  if (stock.availability === "LOW_STOCK" && stock.left) return { ...status, label: `Only ${stock.left} left` };
  return status;
}

/** Whether a product can be had. When nobody knows, it says nothing: the order will tell. */
export function StockHint({ stock: { data, isPending } }: { stock: Pick<UseQueryResult<PublicStock>, "data" | "isPending"> }) {
  return (
    <Box component="span" sx={{ display: "inline-block", minHeight: "1.5rem" }}>
      {data ? <StatusChip quiet status={stockWords(data)} /> : isPending ? <Skeleton component="span" width={84} sx={{ display: "inline-block" }} /> : null}
    </Box>
  );
}
