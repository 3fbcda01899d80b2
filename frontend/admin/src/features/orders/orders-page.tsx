import { useNavigate, useSearch } from "@tanstack/react-router";
import type { Order } from "@waybill/shared/api/types";
import { LiveMark } from "@waybill/shared/live/live-mark";
import { EVENTS_OF_ALL_ORDERS, useFollowed } from "@waybill/shared/live/use-followed";
import { useApi } from "@waybill/shared/session/context";
import { MONO } from "@waybill/shared/theme/theme";
import { Moment } from "@waybill/shared/ui/moment";
import { MoneyText } from "@waybill/shared/ui/money-text";
import { QueryView } from "@waybill/shared/ui/query-view";
import { EmptyState } from "@waybill/shared/ui/states";
import { StatusChip, orderStatus, paymentStatus } from "@waybill/shared/ui/status-chip";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import type { OrderSearch } from "../../panel/addresses";
import { COVERS_ROW, DataTable, TableSkeleton, type Column } from "../../panel/data-table";
import { LinkButton, TextLink } from "../../panel/links";
import { PageTop } from "../../panel/page-top";
import { Pager, useTrail } from "../../panel/pager";
import { readOrders } from "../../panel/reads";
import { OrderFilters } from "./order-filters";

/** All orders, the newest first. */
export function OrdersPage() {
  const search = useSearch({ from: "/staff/admin/orders" });
  const navigate = useNavigate({ from: "/orders" });
  const api = useApi();
  const trail = useTrail();
  const { query, liveness } = useFollowed({ queryKey: ["orders", search], read: () => readOrders(api, search), pace: () => "calm", watch: EVENTS_OF_ALL_ORDERS });
  const go = (cursor: string | undefined) => void navigate({ search: { ...search, cursor } });
  return (
    <>
      <PageTop title="Orders" mark={<LiveMark liveness={liveness} />} />
      <OrderFilters search={search} onChange={(wanted) => void navigate({ search: wanted })} />
      <QueryView query={query} skeleton={<TableSkeleton rows={12} />}>
        {(page) => (
          <>
            {page.data.length > 0 ? <OrderTable orders={page.data} /> : <NoOrders search={search} more={page.has_more} onFurther={() => go(page.next_cursor ?? undefined)} />}
            <Pager trail={trail} cursor={search.cursor} page={page} onGo={go} />
          </>
        )}
      </QueryView>
    </>
  );
}

const COLUMNS: Column<Order>[] = [
  {
    name: "Number",
    main: true,
    cell: (order) => (
      <TextLink to="/orders/$id" params={{ id: order.id }} color="inherit" underline="hover" sx={{ fontFamily: MONO, ...COVERS_ROW }}>
        {order.number}
      </TextLink>
    ),
  },
  { name: "Placed", cell: (order) => <Moment at={order.created_at} as="ago" /> },
  { name: "Customer", cell: (order) => <Customer order={order} /> },
  { name: "Status", cell: (order) => <StatusChip status={orderStatus(order.status)} /> },
  { name: "Payment", cell: (order) => <StatusChip quiet status={paymentStatus(order.payment_status)} /> },
  { name: "Pieces", numeric: true, cell: (order) => order.items.reduce((sum, { quantity }) => sum + quantity, 0) },
  { name: "Total", numeric: true, cell: (order) => <MoneyText value={order.total} /> },
];

export function OrderTable({ orders }: { orders: Order[] }) {
  return <DataTable label="Orders" columns={COLUMNS} rows={orders} rowKey={(order) => order.id} cardsBelow={800} />;
}

function Customer({ order: { customer } }: { order: Order }) {
  return (
    <Box component="span" title={customer.email} sx={{ display: "inline-block", maxWidth: 220, overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap", verticalAlign: "bottom" }}>
      {customer.name}
    </Box>
  );
}

interface NoOrdersProps {
  search: OrderSearch;
  /** The service looks at so many orders for a page; there may be matching ones behind them. */
  more: boolean;
  onFurther: () => void;
}

export function NoOrders({ search, more, onFurther }: NoOrdersProps) {
  if (more) {
    return (
      <EmptyState icon="search" title="None among the newest" action={<Button variant="contained" onClick={onFurther}>Look further back</Button>}>
        Many orders were looked at and none matched. There are older ones.
      </EmptyState>
    );
  }
  const filtered = Object.values(search).some(Boolean);
  if (filtered) {
    return (
      <EmptyState icon="search" title="No orders match" action={<LinkButton to="/orders" search={{}} variant="outlined">Clear the filters</LinkButton>}>
        Order numbers are searched whole, such as W-7K3M9-Q2XTB.
      </EmptyState>
    );
  }
  return (
    <EmptyState icon="doc" title="No orders yet">
      As soon as somebody orders, you see it here.
    </EmptyState>
  );
}
