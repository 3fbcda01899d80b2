import Box from "@mui/material/Box";
import type { Money, Order } from "@waybill/shared/api/types";
import { formatMoney } from "@waybill/shared/money/money";
import { MONO } from "@waybill/shared/theme/theme";
import { MoneyText } from "@waybill/shared/ui/money-text";
import { Card } from "../../panel/card";
import { DataTable, type Column } from "../../panel/data-table";
import { TextLink } from "../../panel/links";

type Item = Order["items"][number];

const COLUMNS: Column<Item>[] = [
  { name: "Product", main: true, cell: (item) => <TextLink to="/products/$id" params={{ id: item.product_id }} color="inherit" underline="hover" sx={{ fontWeight: 600 }}>{item.name}</TextLink> },
  { name: "SKU", cell: (item) => <TextLink to="/inventory/$sku" params={{ sku: item.sku }} color="inherit" underline="hover" sx={{ fontFamily: MONO, fontSize: "0.875rem" }}>{item.sku}</TextLink> },
  { name: "Quantity", numeric: true, cell: (item) => item.quantity },
  { name: "Price", numeric: true, cell: (item) => <MoneyText value={item.unit_price} /> },
  { name: "Line", numeric: true, cell: (item) => <MoneyText value={item.line_total} /> },
];

/** What was ordered, and what it adds up to. */
export function OrderItems({ order }: { order: Order }) {
  const { totals } = order;
  return (
    <Card title="Items">
      <DataTable label="Items" columns={COLUMNS} rows={order.items} rowKey={(item) => item.id} cardsBelow={480} />
      <Box component="dl" sx={{ m: 0, mt: 2, ml: "auto", maxWidth: 320, display: "grid", gridTemplateColumns: "1fr auto", rowGap: 0.5, "& dd": { m: 0, textAlign: "right" } }}>
        <Line name="Items" value={totals.items} />
        {totals.discount.amount_minor !== 0 && <Line name="Discount" value={{ ...totals.discount, amount_minor: -totals.discount.amount_minor }} />}
        <Line name="Postage" value={totals.shipping} />
        <Line name={order.tax_included ? "Tax, included" : "Tax"} value={totals.tax} />
        <Box component="dt" sx={{ fontWeight: 650, borderTop: 1, borderColor: "divider", pt: 0.5 }}>
          Total
        </Box>
        <Box component="dd" sx={{ fontWeight: 650, borderTop: 1, borderColor: "divider", pt: 0.5 }}>
          <MoneyText value={order.total} />
        </Box>
      </Box>
    </Card>
  );
}

function Line({ name, value }: { name: string; value: Money }) {
  return (
    <>
      <Box component="dt" sx={{ color: "text.secondary" }}>
        {name}
      </Box>
      <dd>{formatMoney(value)}</dd>
    </>
  );
}
