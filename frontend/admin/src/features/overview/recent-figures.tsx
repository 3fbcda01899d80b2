import Box from "@mui/material/Box";
import Skeleton from "@mui/material/Skeleton";
import Typography from "@mui/material/Typography";
import { useQuery } from "@tanstack/react-query";
import { formatMoment } from "@waybill/shared/dates/dates";
import { formatMoney } from "@waybill/shared/money/money";
import { useApi } from "@waybill/shared/session/context";
import { QueryView } from "@waybill/shared/ui/query-view";
import { EmptyState } from "@waybill/shared/ui/states";
import { StatusChip, orderStatus } from "@waybill/shared/ui/status-chip";
import { useState } from "react";
import { Card } from "../../panel/card";
import { Choice } from "../../panel/choice";
import { TextLink } from "../../panel/links";
import { BarChart } from "./bar-chart";
import { PERIODS, bucketSize, bucketsOf, countByStatus, currenciesOf, earnedMinor, readRecent, type Recent } from "./figures";

/** The figures are made of many orders, so they are read anew this seldom. */
const REREAD_MS = 60_000;
const DAY_MS = 86_400_000;

/** How many orders came, what they brought, and how they stand. */
export function RecentFigures() {
  const api = useApi();
  const [index, setIndex] = useState(1);
  const period = PERIODS[index]!;
  const query = useQuery({ queryKey: ["orders", "recent", period.name], queryFn: () => readRecent(api, period), refetchInterval: REREAD_MS, staleTime: REREAD_MS / 2 });
  const choice = (
    <Choice label="Period" value={String(index)} options={PERIODS.map(({ name }, at) => [String(at), name])} onChange={(value) => setIndex(Number(value))} width={140} />
  );
  return (
    <Card title="Orders and revenue" end={choice}>
      <QueryView query={query} skeleton={<FiguresSkeleton />}>
        {(recent) => <Figures recent={recent} />}
      </QueryView>
    </Card>
  );
}

export function Figures({ recent }: { recent: Recent }) {
  const currencies = currenciesOf(recent.orders);
  const [chosen, setCurrency] = useState<string | null>(null);
  const currency = chosen !== null && currencies.includes(chosen) ? chosen : (currencies[0] ?? "EUR");
  if (recent.orders.length === 0) {
    return (
      <EmptyState icon="chart" title="No orders in this time">
        As soon as somebody orders, you see it here.
      </EmptyState>
    );
  }
  const buckets = bucketsOf(recent, currency);
  const label = labeller(bucketSize(recent.from, recent.to));
  const money = (amount_minor: number) => formatMoney({ amount_minor, currency });
  const orders = buckets.map((each) => ({ label: label(each.start), value: each.orders, words: String(each.orders) }));
  const earned = buckets.map((each) => ({ label: label(each.start), value: each.earnedMinor, words: money(each.earnedMinor) }));
  return (
    <>
      <Typography variant="body2" color="textSecondary" sx={{ mb: 2 }}>
        {recent.complete ? `All ${recent.orders.length} orders` : `The newest ${recent.orders.length} orders, which is as many as are added up here,`} since {formatMoment(new Date(recent.from))}. Revenue is the totals of
        those paid and not cancelled; refunds in part are not taken off.
      </Typography>
      <Box sx={{ display: "grid", gap: 4, gridTemplateColumns: { lg: "1fr 1fr" } }}>
        <BarChart title="Orders over time" unit="Orders" total={String(recent.orders.length)} bars={orders} />
        <div>
          <BarChart title={`Revenue over time, ${currency}`} unit="Revenue" total={money(earnedMinor(recent.orders, currency))} bars={earned} />
          {currencies.length > 1 && <Choice label="Currency" value={currency} options={currencies.map((each) => [each, each])} onChange={setCurrency} width={120} />}
        </div>
      </Box>
      <StatusCounts recent={recent} />
    </>
  );
}

function StatusCounts({ recent }: { recent: Recent }) {
  return (
    <Box component="ul" aria-label="Orders by status" sx={{ listStyle: "none", p: 0, m: 0, mt: 3, display: "grid", gap: 1, gridTemplateColumns: "repeat(auto-fill, minmax(150px, 1fr))" }}>
      {countByStatus(recent.orders).map(([status, count]) => (
        <Box component="li" key={status} sx={{ position: "relative", border: 1, borderColor: "divider", borderRadius: 1, px: 1.5, py: 1, "&:hover": { bgcolor: "action.hover" } }}>
          <StatusChip quiet status={orderStatus(status)} />
          <TextLink to="/orders" search={{ status }} underline="hover" color="textPrimary" aria-label={`${count} ${orderStatus(status).label}`} sx={{ display: "block", fontSize: "1.375rem", fontWeight: 650, "&::after": { content: '""', position: "absolute", inset: 0 } }}>
            {count}
          </TextLink>
        </Box>
      ))}
    </Box>
  );
}

function labeller(size: number): (start: number) => string {
  const format = size >= DAY_MS ? { day: "numeric", month: "short" } as const : { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" } as const;
  const words = new Intl.DateTimeFormat(undefined, format);
  return (start) => words.format(start);
}

function FiguresSkeleton() {
  return (
    <Box sx={{ display: "grid", gap: 4, gridTemplateColumns: { lg: "1fr 1fr" } }}>
      <Skeleton variant="rounded" height={230} />
      <Skeleton variant="rounded" height={230} />
    </Box>
  );
}
