import Box from "@mui/material/Box";
import Typography from "@mui/material/Typography";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { Stock } from "@waybill/shared/api/types";
import { LiveMark } from "@waybill/shared/live/live-mark";
import { useFollowed } from "@waybill/shared/live/use-followed";
import { useApi } from "@waybill/shared/session/context";
import { MONO } from "@waybill/shared/theme/theme";
import { QueryView } from "@waybill/shared/ui/query-view";
import { EmptyState } from "@waybill/shared/ui/states";
import { StatusChip, stockStatus } from "@waybill/shared/ui/status-chip";
import { COVERS_ROW, DataTable, TableSkeleton, type Column } from "../../panel/data-table";
import { LinkButton, TextLink } from "../../panel/links";
import { PageTop } from "../../panel/page-top";
import { Pager, useTrail } from "../../panel/pager";
import { readProducts, readStockPage } from "../../panel/reads";
import { Reserved } from "./reserved";

/** Names change seldom. */
const NAMES_FRESH_MS = 300_000;
/** The most that one call gives; the stock of what is beyond is named by its SKU alone. */
const NAMES_MAX = 100;

/** The stock of every SKU that the caller looks after. */
export function InventoryPage() {
  const { cursor } = useSearch({ from: "/staff/inventory" });
  const navigate = useNavigate({ from: "/inventory" });
  const api = useApi();
  const trail = useTrail();
  const { query, liveness } = useFollowed({ queryKey: ["stock", "page", cursor], read: () => readStockPage(api, cursor), pace: () => "calm" });
  const names = useQuery({ queryKey: ["products", "names"], queryFn: () => readProducts(api, {}, NAMES_MAX), staleTime: NAMES_FRESH_MS });
  const nameOf = new Map(names.data?.data.map(({ sku, name }) => [sku, name]));
  return (
    <>
      <PageTop title="Inventory" mark={<LiveMark liveness={liveness} />} />
      <QueryView query={query} skeleton={<TableSkeleton rows={12} />}>
        {(page) => (
          <>
            {page.data.length > 0 ? <StockTable stock={page.data} nameOf={nameOf} /> : <NoStock />}
            <Pager trail={trail} cursor={cursor} page={page} onGo={(to) => void navigate({ search: { cursor: to } })} />
          </>
        )}
      </QueryView>
    </>
  );
}

export function StockTable({ stock, nameOf }: { stock: Stock[]; nameOf: Map<string, string> }) {
  const columns: Column<Stock>[] = [
    {
      name: "SKU",
      main: true,
      cell: ({ sku }) => (
        <TextLink to="/inventory/$sku" params={{ sku }} color="inherit" underline="hover" sx={{ fontFamily: MONO, fontSize: "0.875rem", ...COVERS_ROW }}>
          {sku}
        </TextLink>
      ),
    },
    { name: "Product", cell: ({ sku }) => nameOf.get(sku) },
    { name: "State", cell: ({ availability }) => <StatusChip status={stockStatus(availability)} /> },
    { name: "On hand", numeric: true, cell: ({ on_hand }) => on_hand },
    { name: "Reserved", numeric: true, cell: ({ reserved, on_hand }) => <Reserved reserved={reserved} onHand={on_hand} /> },
    { name: "Available", numeric: true, cell: ({ available }) => <Box component="span" sx={{ fontWeight: 650 }}>{available}</Box> },
  ];
  const count = (state: string) => stock.filter(({ availability }) => availability === state).length;
  return (
    <>
      <Typography variant="body2" color="textSecondary" sx={{ mb: 1.5 }}>
        On this page: {count("LOW_STOCK")} with few left, {count("OUT_OF_STOCK")} sold out. Reserved is held for orders that are not paid yet.
      </Typography>
      <DataTable label="Stock" columns={columns} rows={stock} rowKey={({ sku }) => sku} />
    </>
  );
}

export function NoStock() {
  return (
    <EmptyState icon="layers" title="No stock yet" action={<LinkButton to="/products/new" variant="contained">New product</LinkButton>}>
      Every product has its stock here as soon as it is created.
    </EmptyState>
  );
}
