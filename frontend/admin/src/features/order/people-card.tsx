import Box from "@mui/material/Box";
import Link from "@mui/material/Link";
import type { Order } from "@waybill/shared/api/types";
import { MONO } from "@waybill/shared/theme/theme";
import { CopyButton } from "@waybill/shared/ui/copy-button";
import { Moment } from "@waybill/shared/ui/moment";
import { StatusChip, fulfillmentStatus } from "@waybill/shared/ui/status-chip";
import { Card, Fact, Facts } from "../../panel/card";

type Address = NonNullable<Order["shipping_address"]>;

/** Who ordered, and where it goes. */
export function PeopleCard({ order }: { order: Order }) {
  return (
    <Card title="Customer">
      <Facts>
        <Fact name="Name">{order.customer.name}</Fact>
        <Fact name="E-mail">
          <Link href={`mailto:${order.customer.email}`}>{order.customer.email}</Link>
        </Fact>
        <Fact name="Goes to">{order.shipping_address ? <AddressLines address={order.shipping_address} /> : "No address was given."}</Fact>
        {order.billing_address && (
          <Fact name="Invoice to">
            <AddressLines address={order.billing_address} />
          </Fact>
        )}
        <Fact name="Order id">
          <Box component="code" sx={{ fontFamily: MONO, fontSize: "0.8125rem" }}>
            {order.id}
          </Box>{" "}
          <CopyButton text={order.id} what="id" />
        </Fact>
      </Facts>
    </Card>
  );
}

function AddressLines({ address }: { address: Address }) {
  const country = new Intl.DisplayNames(undefined, { type: "region" }).of(address.country) ?? address.country;
  const lines = [address.name, address.line1, address.line2, `${address.postal_code} ${address.city}`, country, address.phone];
  return lines.filter(Boolean).map((line, index) => (
    <Box key={index} component="span" sx={{ display: "block" }}>
      {line}
    </Box>
  ));
}

/** The parcels of an order. */
export function ParcelsCard({ order }: { order: Order }) {
  if (order.shipments.length === 0) return null;
  return (
    <Card title="Parcels" end={<StatusChip status={fulfillmentStatus(order.fulfillment_status)} />}>
      {order.shipments.map((shipment) => (
        <Facts key={shipment.id}>
          <Fact name="Carrier">{shipment.carrier ?? "not named"}</Fact>
          <Fact name="Tracking number">{shipment.tracking_number ?? "none"}</Fact>
          <Fact name="Shipped">
            <Moment at={shipment.shipped_at} />
          </Fact>
          {shipment.delivered_at && (
            <Fact name="Delivered">
              <Moment at={shipment.delivered_at} />
            </Fact>
          )}
        </Facts>
      ))}
    </Card>
  );
}
