import Box from "@mui/material/Box";
import Typography from "@mui/material/Typography";
import type { Order } from "@waybill/shared/api/types";
import { MONO } from "@waybill/shared/theme/theme";
import { CopyButton } from "@waybill/shared/ui/copy-button";
import { Moment } from "@waybill/shared/ui/moment";
import { MoneyText } from "@waybill/shared/ui/money-text";
import { formatMoney } from "@waybill/shared/money/money";
import { Barcode } from "../../shop/barcode";
import { TextLink } from "../../shop/link-button";
import { TearLine, Ticket } from "../../shop/ticket";

/** The slip of an order: its number, where it goes, what is in it, what it costs. */
export function OrderSlip({ order }: { order: Order }) {
  return (
    <Ticket label="Order slip">
      <Typography variant="overline" component="p" color="textSecondary">
        Order number
      </Typography>
      <Box sx={{ display: "flex", flexWrap: "wrap", alignItems: "center", justifyContent: "space-between", mb: 1 }}>
        <Typography component="p" sx={{ fontFamily: MONO, fontSize: "1.25rem", fontWeight: 600 }}>
          {order.number}
        </Typography>
        <CopyButton text={order.number} what="number" />
      </Box>
      <Barcode text={order.number} />
      <TearLine />
      <Box component="dl" sx={{ m: 0, display: "grid", gap: 2, "& dt": { color: "text.secondary", typography: "body2" }, "& dd": { m: 0 } }}>
        <div>
          <dt>Ordered</dt>
          <dd>
            <Moment at={order.created_at} />
          </dd>
        </div>
        {order.shipping_address && <Address address={order.shipping_address} />}
      </Box>
      <TearLine />
      <Lines order={order} />
    </Ticket>
  );
}

function countryName(code: string): string {
  return new Intl.DisplayNames(undefined, { type: "region" }).of(code) ?? code;
}

function Address({ address }: { address: NonNullable<Order["shipping_address"]> }) {
  const lines = [address.name, address.line1, address.line2, `${address.postal_code} ${address.city}`, countryName(address.country)];
  return (
    <div>
      <dt>Goes to</dt>
      <dd>
        {lines.filter(Boolean).map((line, index) => (
          <Box key={index} component="span" sx={{ display: "block" }}>
            {line}
          </Box>
        ))}
      </dd>
    </div>
  );
}

function Lines({ order }: { order: Order }) {
  const row = { display: "flex", justifyContent: "space-between", gap: 2 } as const;
  return (
    <>
      <Box component="ul" aria-label="In this order" sx={{ listStyle: "none", p: 0, m: 0, display: "grid", gap: 1.25 }}>
        {order.items.map((item) => (
          <Box component="li" key={item.id} sx={row}>
            <div>
              <TextLink to="/products/$id" params={{ id: item.product_id }} color="inherit" underline="hover">
                {item.name}
              </TextLink>
              <Typography variant="body2" color="textSecondary">
                {item.quantity} × {formatMoney(item.unit_price)}
              </Typography>
            </div>
            <MoneyText value={item.line_total} />
          </Box>
        ))}
      </Box>
      <Box sx={{ mt: 2, pt: 2, borderTop: 1, borderColor: "divider", display: "grid", gap: 0.5 }}>
        {order.totals.shipping.amount_minor > 0 && (
          <Box sx={row}>
            <span>Postage</span>
            <MoneyText value={order.totals.shipping} />
          </Box>
        )}
        {order.totals.discount.amount_minor > 0 && (
          <Box sx={row}>
            <span>Discount</span>
            <span>−{formatMoney(order.totals.discount)}</span>
          </Box>
        )}
        <Box sx={{ ...row, fontWeight: 650, fontSize: "1.125rem" }}>
          <span>Total{order.tax_included && ", including tax"}</span>
          <MoneyText value={order.total} />
        </Box>
      </Box>
    </>
  );
}
