import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Container from "@mui/material/Container";
import Skeleton from "@mui/material/Skeleton";
import { useNavigate, useParams } from "@tanstack/react-router";
import { hasCode } from "@waybill/shared/api/problem";
import { LiveMark } from "@waybill/shared/live/live-mark";
import { eventsOfOrder, useFollowed } from "@waybill/shared/live/use-followed";
import { useApi } from "@waybill/shared/session/context";
import { Icon } from "@waybill/shared/ui/icon";
import { Notice } from "@waybill/shared/ui/notice";
import { PageHeading } from "@waybill/shared/ui/page-heading";
import { QueryView } from "@waybill/shared/ui/query-view";
import { EmptyState } from "@waybill/shared/ui/states";
import { StatusChip, orderStatus } from "@waybill/shared/ui/status-chip";
import { LinkButton } from "../../shop/link-button";
import { readOrder, type OrderView } from "@waybill/shared/api/order-view";
import { putLines } from "../../shop/cart";
import { CancelOrder } from "./cancel-order";
import { OrderSlip } from "./order-slip";
import { paceOf } from "./pace";
import { PayPanel } from "./pay-panel";
import { restOf } from "./rest";
import { cancelledWords, storyOf } from "./story";
import { Timeline } from "./timeline";

const COLUMNS = { mt: 4, display: "grid", gap: { xs: 4, md: 7 }, gridTemplateColumns: { md: "minmax(0, 1fr) 360px" }, alignItems: "start" } as const;

export function OrderPage() {
  const { id } = useParams({ from: "/customer/orders/$id" });
  const api = useApi();
  const { query, liveness } = useFollowed({ queryKey: ["order", id], read: () => readOrder(api, id), pace: paceOf, watch: eventsOfOrder(id) });
  if (!query.data && hasCode(query.error, "not_found")) return <NoSuchOrder />;
  return (
    <Container maxWidth="lg" sx={{ pt: { xs: 3, md: 5 } }}>
      <QueryView page query={query} skeleton={<PageSkeleton />}>
        {(view) => (
          <OrderSheet view={view} onChanged={() => query.refetch()} mark={paceOf(view) === "never" ? null : <LiveMark liveness={liveness} />} />
        )}
      </QueryView>
    </Container>
  );
}

interface SheetProps {
  view: OrderView;
  onChanged: () => Promise<unknown>;
  mark: React.ReactNode;
}

/** An order with its story, what can be done about it, and its slip. */
export function OrderSheet({ view, onChanged, mark }: SheetProps) {
  const { order, timeline } = view;
  return (
    <>
      <PageHeading tab={`Order ${order.number}`}>{HEADINGS[order.status] ?? "Your order"}</PageHeading>
      <Box sx={{ mt: 1.5, display: "flex", flexWrap: "wrap", gap: 2, alignItems: "center" }}>
        <span role="status">
          <StatusChip status={orderStatus(order.status)} />
        </span>
        {mark}
      </Box>
      <Box sx={COLUMNS}>
        <Box sx={{ display: "grid", gap: 4 }}>
          <Cancelled view={view} />
          <PayPanel view={view} onAnswer={onChanged} />
          <Timeline steps={storyOf(order, timeline)} />
          <CancelOrder order={order} onDone={onChanged} />
        </Box>
        <OrderSlip order={order} />
      </Box>
    </>
  );
}

const HEADINGS: Record<string, string> = {
  CREATED: "Thank you, we have your order",
  PAYMENT_PENDING: "Your order is set aside",
  PAID: "Thank you, it is paid",
  SHIPPED: "Your parcel is on its way",
  DELIVERED: "Your parcel has arrived",
  CANCELLED: "This order is cancelled",
};

function Cancelled({ view }: { view: OrderView }) {
  const navigate = useNavigate();
  if (view.order.status !== "CANCELLED") return null;
  const { title, text } = cancelledWords(view.order);
  const rest = restOf(view);
  const again = () => {
    putLines(rest);
    void navigate({ to: "/cart" });
  };
  const action = rest.length > 0 && view.order.cancel_reason !== "BUYER" && (
    <Button variant="outlined" startIcon={<Icon name="cart" />} onClick={again}>
      Put what can be had back into the cart
    </Button>
  );
  return (
    <Notice icon="ban" tone="neutral" title={title} action={action || <LinkButton to="/" variant="outlined">Back to the shop</LinkButton>}>
      {text}
      {view.order.cancel_note && view.order.cancel_reason !== "BUYER" && <Box sx={{ mt: 0.5 }}>“{view.order.cancel_note}”</Box>}
    </Notice>
  );
}

function NoSuchOrder() {
  return (
    <EmptyState page icon="search" title="There is no such order" action={<LinkButton to="/orders" variant="contained">Your orders</LinkButton>}>
      It does not exist, or it belongs to another account.
    </EmptyState>
  );
}

function PageSkeleton() {
  return (
    <>
      <Skeleton sx={{ fontSize: "2.75rem", width: "min(100%, 460px)" }} />
      <Skeleton width={180} sx={{ mt: 1.5 }} />
      <Box sx={COLUMNS}>
        <Box sx={{ display: "grid", gap: 3 }}>
          {Array.from({ length: 5 }, (_, index) => (
            <Box key={index} sx={{ display: "flex", gap: 2, alignItems: "center" }}>
              <Skeleton variant="circular" width={40} height={40} />
              <Skeleton sx={{ flex: 1, maxWidth: 260 }} />
            </Box>
          ))}
        </Box>
        <Skeleton variant="rounded" height={420} />
      </Box>
    </>
  );
}
