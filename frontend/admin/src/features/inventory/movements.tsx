import Box from "@mui/material/Box";
import { useQuery } from "@tanstack/react-query";
import type { StockMovement } from "@waybill/shared/api/types";
import { useApi, useSessionState } from "@waybill/shared/session/context";
import { Moment } from "@waybill/shared/ui/moment";
import { QueryView } from "@waybill/shared/ui/query-view";
import { EmptyState } from "@waybill/shared/ui/states";
import { StatusChip, movementKind } from "@waybill/shared/ui/status-chip";
import { useState } from "react";
import { Card } from "../../panel/card";
import { DataTable, TableSkeleton, type Column } from "../../panel/data-table";
import { TextLink } from "../../panel/links";
import { Pager, useTrail } from "../../panel/pager";
import { readMovements } from "../../panel/reads";

/** The ledger of a SKU: all that came and went, the newest first. */
export function Movements({ sku }: { sku: string }) {
  const api = useApi();
  const trail = useTrail();
  const [cursor, setCursor] = useState<string>();
  const query = useQuery({ queryKey: ["movements", sku, cursor], queryFn: () => readMovements(api, sku, cursor) });
  return (
    <Card title="Ledger">
      <QueryView query={query} skeleton={<TableSkeleton />}>
        {(page) => (
          <>
            {page.data.length > 0 ? <MovementTable movements={page.data} /> : <NoMovements />}
            <Pager trail={trail} cursor={cursor} page={page} onGo={setCursor} />
          </>
        )}
      </QueryView>
    </Card>
  );
}

function MovementTable({ movements }: { movements: StockMovement[] }) {
  const { user } = useSessionState();
  const mayOpenOrders = user?.roles.includes("ADMIN") ?? false;
  const columns: Column<StockMovement>[] = [
    { name: "When", main: true, cell: ({ at }) => <Moment at={at} as="ago" /> },
    { name: "What", cell: ({ kind }) => <StatusChip quiet status={movementKind(kind)} /> },
    { name: "Why", cell: (movement) => <Why movement={movement} link={mayOpenOrders} self={user?.id} /> },
    { name: "Change", numeric: true, cell: ({ delta }) => <Box component="span" sx={{ fontWeight: 650 }}>{delta > 0 ? `+${delta}` : delta === 0 ? "0" : `−${-delta}`}</Box> },
    { name: "On hand after", numeric: true, cell: ({ on_hand_after }) => on_hand_after },
  ];
  return <DataTable label="Ledger" columns={columns} rows={movements} rowKey={({ id }) => id} cardsBelow={480} />;
}

function Why({ movement: { order_id, reason, actor }, link, self }: { movement: StockMovement; link: boolean; self: string | undefined }) {
  if (order_id) {
    return link ? (
      <TextLink to="/orders/$id" params={{ id: order_id }} title={order_id}>
        an order
      </TextLink>
    ) : (
      <span>an order</span>
    );
  }
  return (
    <span title={actor ?? undefined}>
      {reason}
      {actor && (actor === self ? " (you)" : " (a colleague)")}
    </span>
  );
}

export function NoMovements() {
  return (
    <EmptyState icon="doc" title="Nothing moved yet">
      Begin with a count or an adjustment. Holds for unpaid orders are no movements.
    </EmptyState>
  );
}
