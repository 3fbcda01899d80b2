import Box from "@mui/material/Box";
import Skeleton from "@mui/material/Skeleton";
import Typography from "@mui/material/Typography";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { hasCode } from "@waybill/shared/api/problem";
import type { Stock } from "@waybill/shared/api/types";
import { LiveMark } from "@waybill/shared/live/live-mark";
import { useFollowed } from "@waybill/shared/live/use-followed";
import { useApi } from "@waybill/shared/session/context";
import { Icon } from "@waybill/shared/ui/icon";
import { QueryView } from "@waybill/shared/ui/query-view";
import { EmptyState } from "@waybill/shared/ui/states";
import { StatusChip, stockStatus } from "@waybill/shared/ui/status-chip";
import type { ReactNode } from "react";
import { Forbidden } from "../../panel/forbidden";
import { LinkButton } from "../../panel/links";
import { PageTop } from "../../panel/page-top";
import { readProducts, readStock } from "../../panel/reads";
import { AdjustStock } from "./adjust-stock";
import { CountStock } from "./count-stock";
import { Movements } from "./movements";

export function SkuPage() {
  const { sku } = useParams({ from: "/staff/inventory/$sku" });
  const api = useApi();
  const queries = useQueryClient();
  const { query, liveness } = useFollowed({ queryKey: ["stock", "sku", sku], read: async () => (await readStock(api, sku)).value, pace: () => "calm" });
  if (!query.data && hasCode(query.error, "not_found", "unknown")) return <NoSuchSku />;
  const changed = () => {
    void query.refetch();
    void queries.invalidateQueries({ queryKey: ["movements", sku] });
  };
  return (
    <QueryView page query={query} skeleton={<PageSkeleton />}>
      {(stock) =>
        // Whoever is not staff of the SKU is answered as a buyer is: without figures.
        "on_hand" in stock ? <StockSheet key={sku} stock={stock} onChanged={changed} mark={<LiveMark liveness={liveness} />} /> : <Forbidden>This is another seller's stock.</Forbidden>
      }
    </QueryView>
  );
}

function StockSheet({ stock, onChanged, mark }: { stock: Stock; onChanged: () => void; mark: ReactNode }) {
  const chips = (
    <>
      <StatusChip status={stockStatus(stock.availability)} />
      {mark}
    </>
  );
  return (
    <>
      <PageTop title={stock.sku} tab={`Stock of ${stock.sku}`} mark={chips} actions={<ProductLink sku={stock.sku} />} />
      <Box sx={{ display: "grid", gap: 2.5, gridTemplateColumns: { lg: "380px minmax(0, 1fr)" }, alignItems: "start" }}>
        <Box sx={{ display: "grid", gap: 2.5, minWidth: 0 }}>
          <Figures stock={stock} />
          <AdjustStock sku={stock.sku} onChanged={onChanged} />
          <CountStock stock={stock} onChanged={onChanged} />
        </Box>
        <Movements sku={stock.sku} />
      </Box>
    </>
  );
}

function Figures({ stock }: { stock: Stock }) {
  const figures: [string, number][] = [["On hand", stock.on_hand], ["Reserved", stock.reserved], ["Available", stock.available]];
  return (
    <Box component="dl" aria-label="Figures" sx={{ m: 0, display: "grid", gridTemplateColumns: "repeat(3, minmax(0, 1fr))", bgcolor: "background.paper", border: 1, borderColor: "divider", borderRadius: 1, "& > div": { px: 2, py: 1.5 }, "& > div + div": { borderLeft: 1, borderColor: "divider" } }}>
      {figures.map(([name, value]) => (
        <div key={name}>
          <Typography component="dt" variant="body2" color="textSecondary">
            {name}
          </Typography>
          <Typography component="dd" sx={{ m: 0, fontSize: "1.625rem", fontWeight: 650, lineHeight: 1.2 }}>
            {value}
          </Typography>
        </div>
      ))}
    </Box>
  );
}

/** The way to the product; without one the page goes on. */
function ProductLink({ sku }: { sku: string }) {
  const api = useApi();
  const { data } = useQuery({ queryKey: ["products", { sku }], queryFn: () => readProducts(api, { sku }) });
  const product = data?.data[0];
  if (!product) return null;
  return (
    <LinkButton to="/products/$id" params={{ id: product.id }} size="small" variant="outlined" color="inherit" startIcon={<Icon name="box" />}>
      {product.name}
    </LinkButton>
  );
}

function NoSuchSku() {
  return (
    <EmptyState page icon="search" title="There is no such SKU" action={<LinkButton to="/inventory" variant="contained">Inventory</LinkButton>}>
      Neither stock nor a product has this name. A product that was created just now may take a second to appear.
    </EmptyState>
  );
}

function PageSkeleton() {
  return (
    <>
      <Skeleton sx={{ fontSize: "2rem", width: 260, mb: 2 }} />
      <Box sx={{ display: "grid", gap: 2.5, gridTemplateColumns: { lg: "380px minmax(0, 1fr)" } }}>
        <Skeleton variant="rounded" height={420} />
        <Skeleton variant="rounded" height={420} />
      </Box>
    </>
  );
}
