import { useQuery } from "@tanstack/react-query";
import { useApi } from "@waybill/shared/session/context";
import { MONO } from "@waybill/shared/theme/theme";
import { QueryView } from "@waybill/shared/ui/query-view";
import { StatusChip, stockStatus } from "@waybill/shared/ui/status-chip";
import { Card } from "../../panel/card";
import { TextLink } from "../../panel/links";
import { readStockPage } from "../../panel/reads";
import { Nothing, ShortList, ShortListSkeleton } from "./short-list";

/** SKUs that are looked over: the most that one call gives. */
const LOOKED_AT_MAX = 100;
const SHOWN_MAX = 8;

/** What runs out. */
export function LowStock() {
  const api = useApi();
  const query = useQuery({ queryKey: ["stock", "overview"], queryFn: () => readStockPage(api, undefined, LOOKED_AT_MAX) });
  return (
    <Card title="Running out" end={<TextLink to="/inventory">Inventory</TextLink>}>
      <QueryView query={query} skeleton={<ShortListSkeleton />}>
        {({ data, has_more }) => {
          const low = data.filter(({ availability }) => availability !== "IN_STOCK").sort((a, b) => a.available - b.available);
          if (low.length === 0) return <Nothing>{has_more ? "Nothing among the first 100 SKUs." : "There is enough of everything."}</Nothing>;
          return (
            <ShortList label="SKUs that run out">
              {low.slice(0, SHOWN_MAX).map((stock) => (
                <li key={stock.sku}>
                  <TextLink to="/inventory/$sku" params={{ sku: stock.sku }} sx={{ fontFamily: MONO, fontWeight: 600 }}>
                    {stock.sku}
                  </TextLink>
                  <StatusChip quiet status={{ ...stockStatus(stock.availability), label: `${stock.available} available` }} />
                </li>
              ))}
              {low.length > SHOWN_MAX && <li>and {low.length - SHOWN_MAX} more</li>}
              {has_more && <li>Only the first 100 SKUs are looked over here.</li>}
            </ShortList>
          );
        }}
      </QueryView>
    </Card>
  );
}
