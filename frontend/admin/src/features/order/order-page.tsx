import Box from "@mui/material/Box";
import Skeleton from "@mui/material/Skeleton";
import { useParams } from "@tanstack/react-router";
import { hasCode } from "@waybill/shared/api/problem";
import { LiveMark } from "@waybill/shared/live/live-mark";
import { eventsOfOrder, useFollowed } from "@waybill/shared/live/use-followed";
import { useApi, useSessionState } from "@waybill/shared/session/context";
import { CopyButton } from "@waybill/shared/ui/copy-button";
import { Moment } from "@waybill/shared/ui/moment";
import { Notice } from "@waybill/shared/ui/notice";
import { QueryView } from "@waybill/shared/ui/query-view";
import { EmptyState } from "@waybill/shared/ui/states";
import { StatusChip, orderStatus } from "@waybill/shared/ui/status-chip";
import type { ReactNode } from "react";
import { LinkButton } from "../../panel/links";
import { PageTop } from "../../panel/page-top";
import { readOrder, type OrderView } from "@waybill/shared/api/order-view";
import { MoneyCard } from "./money-card";
import { OrderActions } from "./order-actions";
import { OrderItems } from "./order-items";
import { paceOf } from "./pace";
import { ParcelsCard, PeopleCard } from "./people-card";
import { sagaOf } from "./saga";
import { SagaTimeline } from "./saga-timeline";

const COLUMNS = { display: "grid", gap: 2.5, gridTemplateColumns: { lg: "minmax(0, 1fr) 380px" }, alignItems: "start" } as const;

export function OrderPage() {
  const { id } = useParams({ from: "/staff/admin/orders/$id" });
  const api = useApi();
  const { query, liveness } = useFollowed({ queryKey: ["order", id], read: () => readOrder(api, id), pace: paceOf, watch: eventsOfOrder(id) });
  if (!query.data && hasCode(query.error, "not_found")) return <NoSuchOrder />;
  return (
    <QueryView page query={query} skeleton={<PageSkeleton />}>
      {(view) => <OrderSheet key={id} view={view} onChanged={() => void query.refetch()} mark={paceOf(view) === "never" ? null : <LiveMark liveness={liveness} />} />}
    </QueryView>
  );
}

/** All that is known of an order, and what can be done about it. */
export function OrderSheet({ view, onChanged, mark }: { view: OrderView; onChanged: () => void; mark: ReactNode }) {
  const { order, payment, timeline } = view;
  const viewer = useSessionState().user;
  const chips = (
    <>
      <span role="status">
        <StatusChip status={orderStatus(order.status)} />
      </span>
      {mark}
    </>
  );
  return (
    <>
      <PageTop title={`Order ${order.number}`} mark={chips} actions={<CopyButton text={order.number} what="number" />}>
        <Box sx={{ color: "text.secondary", mt: 0.5 }}>
          Placed <Moment at={order.created_at} /> by {order.customer.name}
        </Box>
        <OrderActions view={view} onChanged={onChanged} />
      </PageTop>
      <Box sx={COLUMNS}>
        <Box sx={{ display: "grid", gap: 2.5, minWidth: 0 }}>
          <Cancelled view={view} />
          <OrderItems order={order} />
          <SagaTimeline steps={sagaOf(timeline, order, viewer)} />
        </Box>
        <Box sx={{ display: "grid", gap: 2.5, minWidth: 0 }}>
          <MoneyCard payment={payment} orderStatus={order.status} />
          <ParcelsCard order={order} />
          <PeopleCard order={order} />
        </Box>
      </Box>
    </>
  );
}

const REASONS: Record<string, string> = {
  OUT_OF_STOCK: "There was not enough stock",
  PAYMENT_FAILED: "The payment failed",
  EXPIRED: "It was not paid in time",
  BUYER: "The customer cancelled it",
  ADMIN: "It was cancelled here",
  LATE_PAYMENT: "The payment came after the stock was given away",
};

function Cancelled({ view: { order } }: { view: OrderView }) {
  if (order.status !== "CANCELLED") return null;
  return (
    <Notice icon="ban" title={REASONS[order.cancel_reason ?? ""] ?? "This order is cancelled"}>
      {order.cancel_note && `“${order.cancel_note}”`}
    </Notice>
  );
}

function NoSuchOrder() {
  return (
    <EmptyState page icon="search" title="There is no such order" action={<LinkButton to="/orders" variant="contained">All orders</LinkButton>}>
      The address may have a mistake in it.
    </EmptyState>
  );
}

function PageSkeleton() {
  return (
    <>
      <Skeleton sx={{ fontSize: "2rem", width: "min(100%, 420px)" }} />
      <Skeleton width={260} sx={{ mb: 4 }} />
      <Box sx={COLUMNS}>
        <Box sx={{ display: "grid", gap: 2.5 }}>
          <Skeleton variant="rounded" height={220} />
          <Skeleton variant="rounded" height={380} />
        </Box>
        <Skeleton variant="rounded" height={320} />
      </Box>
    </>
  );
}
