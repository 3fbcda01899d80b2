import Typography from "@mui/material/Typography";
import { useApi } from "@waybill/shared/session/context";
import { EVENTS_OF_ALL_ORDERS, useFollowed } from "@waybill/shared/live/use-followed";
import { MONO } from "@waybill/shared/theme/theme";
import { Moment } from "@waybill/shared/ui/moment";
import { MoneyText } from "@waybill/shared/ui/money-text";
import { QueryView } from "@waybill/shared/ui/query-view";
import { Card } from "../../panel/card";
import { TextLink } from "../../panel/links";
import { readOrders } from "../../panel/reads";
import { Nothing, ShortList, ShortListSkeleton } from "./short-list";

const SHOWN_MAX = 6;

/** Orders that are paid and wait for a parcel. */
export function ToShip() {
  const api = useApi();
  const read = () => readOrders(api, { status: "PAID" }, SHOWN_MAX);
  const { query } = useFollowed({ queryKey: ["orders", "to-ship"], read, pace: () => "calm", watch: EVENTS_OF_ALL_ORDERS });
  return (
    <Card title="To be shipped" end={<TextLink to="/orders" search={{ status: "PAID" }}>All that are paid</TextLink>}>
      <QueryView query={query} skeleton={<ShortListSkeleton />}>
        {({ data }) =>
          data.length === 0 ? (
            <Nothing>Nothing waits to be shipped.</Nothing>
          ) : (
            <ShortList label="Orders to be shipped">
              {data.map((order) => (
                <li key={order.id}>
                  <div>
                    <TextLink to="/orders/$id" params={{ id: order.id }} sx={{ fontFamily: MONO, fontWeight: 600, display: "block" }}>
                      {order.number}
                    </TextLink>
                    <Typography variant="body2" color="textSecondary">
                      <Moment at={order.created_at} as="ago" />
                    </Typography>
                  </div>
                  <MoneyText value={order.total} />
                </li>
              ))}
            </ShortList>
          )
        }
      </QueryView>
    </Card>
  );
}
