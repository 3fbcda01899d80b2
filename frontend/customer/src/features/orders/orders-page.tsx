import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Container from "@mui/material/Container";
import Skeleton from "@mui/material/Skeleton";
import Typography from "@mui/material/Typography";
import { useInfiniteQuery, type InfiniteData } from "@tanstack/react-query";
import type { Order } from "@waybill/shared/api/types";
import { LiveMark } from "@waybill/shared/live/live-mark";
import { eventsOfOrder, useNews } from "@waybill/shared/live/use-news";
import { useApi } from "@waybill/shared/session/context";
import { MONO } from "@waybill/shared/theme/theme";
import { Moment } from "@waybill/shared/ui/moment";
import { MoneyText } from "@waybill/shared/ui/money-text";
import { PageHeading } from "@waybill/shared/ui/page-heading";
import { QueryView } from "@waybill/shared/ui/query-view";
import { EmptyState, ErrorNotice } from "@waybill/shared/ui/states";
import { StatusChip, orderStatus } from "@waybill/shared/ui/status-chip";
import { LinkButton, TextLink } from "../../shop/link-button";
import { orderPages } from "../../shop/orders";

/** As many of an order's products as its row names. */
const NAMED_MAX = 2;

/** Between readings while an order may go on. */
const READ_MS = 10_000;

export function OrdersPage() {
  const query = useInfiniteQuery({
    ...orderPages(useApi()),
    staleTime: 0,
    refetchInterval: ({ state }) => (newestOpen(state.data) ? READ_MS : false),
    refetchOnWindowFocus: true,
  });
  // The newest order is the one that goes on within seconds, so it is watched; the others are read by the clock.
  const open = newestOpen(query.data);
  const liveness = useNews(open && eventsOfOrder(open.id), () => void query.refetch({ cancelRefetch: false }));
  return (
    <Container maxWidth="md" sx={{ pt: { xs: 3, md: 5 } }}>
      <Box sx={{ mb: 3, display: "flex", flexWrap: "wrap", gap: 2, justifyContent: "space-between", alignItems: "center" }}>
        <PageHeading>Your orders</PageHeading>
        {open && <LiveMark liveness={query.isRefetchError ? "reconnecting" : liveness} />}
      </Box>
      <QueryView query={query} skeleton={<ListSkeleton />}>
        {({ pages }) => <OrderList orders={pages.flatMap((page) => page.data)} />}
      </QueryView>
      {query.isFetchNextPageError && <ErrorNotice error={query.error} />}
      {query.hasNextPage && (
        <Box sx={{ mt: 4, textAlign: "center" }}>
          <Button variant="outlined" size="large" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Show older ones
          </Button>
        </Box>
      )}
    </Container>
  );
}

/** The newest order that is not at its end. */
function newestOpen(read: InfiniteData<{ data: Order[] }> | undefined): Order | undefined {
  return read?.pages.flatMap((page) => page.data).find(({ status }) => status !== "DELIVERED" && status !== "CANCELLED");
}

/** Orders, the newest first. */
export function OrderList({ orders }: { orders: Order[] }) {
  if (orders.length === 0) {
    return (
      <EmptyState icon="box" title="No orders yet" action={<LinkButton to="/" variant="contained">See what we have</LinkButton>}>
        What you order is listed here, with where it is.
      </EmptyState>
    );
  }
  return (
    <Box component="ul" sx={{ listStyle: "none", p: 0, m: 0, bgcolor: "background.paper", border: 1, borderColor: "divider", borderRadius: 1 }}>
      {orders.map((order) => (
        <OrderRow key={order.id} order={order} />
      ))}
    </Box>
  );
}

function OrderRow({ order }: { order: Order }) {
  return (
    <Box component="li" sx={{ position: "relative", p: { xs: 2, sm: 2.5 }, display: "flex", flexWrap: "wrap", gap: 1.5, justifyContent: "space-between", alignItems: "center", "& + &": { borderTop: 1, borderColor: "divider" }, "&:hover": { bgcolor: "action.hover" } }}>
      <Box sx={{ flex: "1 1 260px", minWidth: 0 }}>
        <TextLink to="/orders/$id" params={{ id: order.id }} color="inherit" underline="hover" sx={{ fontFamily: MONO, fontWeight: 600, "&::after": { content: '""', position: "absolute", inset: 0 } }}>
          {order.number}
        </TextLink>
        <Typography color="textSecondary">{contents(order)}</Typography>
        <Typography variant="body2" color="textSecondary">
          <Moment at={order.created_at} as="day" />
        </Typography>
      </Box>
      <StatusChip status={orderStatus(order.status)} />
      <Typography sx={{ fontWeight: 600, minWidth: 90, textAlign: "right" }}>
        <MoneyText value={order.total} />
      </Typography>
    </Box>
  );
}

function contents(order: Order): string {
  const names = order.items.slice(0, NAMED_MAX).map(({ name, quantity }) => (quantity > 1 ? `${quantity} × ${name}` : name));
  const more = order.items.length - names.length;
  return more > 0 ? `${names.join(" · ")} and ${more} more` : names.join(" · ");
}

function ListSkeleton() {
  return (
    <>
      {Array.from({ length: 4 }, (_, index) => (
        <Skeleton key={index} variant="rounded" height={104} sx={{ mb: 0.5 }} />
      ))}
    </>
  );
}
