import Box from "@mui/material/Box";
import Skeleton from "@mui/material/Skeleton";
import Typography from "@mui/material/Typography";
import { useQuery } from "@tanstack/react-query";
import type { OrderSummary } from "@waybill/shared/api/types";
import { formatTime } from "@waybill/shared/dates/dates";
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
import { PERIODS, countsOf, currenciesOf, daysOf, ordersOf, readSummary } from "./figures";

/** The service makes the figures anew this often; asking more often says nothing new. */
const REREAD_MS = 15_000;

/** How many orders came, what they brought, and how they stand. */
export function RecentFigures() {
  const api = useApi();
  const [days, setDays] = useState<number>(PERIODS[1]);
  const query = useQuery({ queryKey: ["orders", "summary", days], queryFn: () => readSummary(api, days), refetchInterval: REREAD_MS });
  const choice = <Choice label="Period" value={String(days)} options={PERIODS.map((each) => [String(each), `${each} days`])} onChange={(value) => setDays(Number(value))} width={140} />;
  return (
    <Card title="Orders and revenue" end={choice}>
      <QueryView query={query} skeleton={<FiguresSkeleton />}>
        {(summary) => <Figures summary={summary} />}
      </QueryView>
    </Card>
  );
}

function Figures({ summary }: { summary: OrderSummary }) {
  const currencies = currenciesOf(summary);
  const [chosen, setCurrency] = useState<string | null>(null);
  const currency = chosen !== null && currencies.includes(chosen) ? chosen : (currencies[0] ?? "EUR");
  const count = ordersOf(summary);
  if (count === 0) {
    return (
      <EmptyState icon="chart" title="No orders in this time">
        As soon as somebody orders, you see it here.
      </EmptyState>
    );
  }
  const days = daysOf(summary, currency);
  const money = (amount_minor: number) => formatMoney({ amount_minor, currency });
  const orders = days.map((each) => ({ label: dayWords(each.day), value: each.orders, words: String(each.orders) }));
  const revenue = days.map((each) => ({ label: dayWords(each.day), value: each.revenueMinor, words: money(each.revenueMinor) }));
  const earned = days.reduce((sum, each) => sum + each.revenueMinor, 0);
  return (
    <>
      <Typography variant="body2" color="textSecondary" sx={{ mb: 2 }}>
        {summary.complete ? `All orders of ${summary.days} days by UTC, with today.` : `The newest ${count} orders, which is as many as are summed up.`} Revenue is the totals of those that are paid and not
        cancelled, without what was given back. As of {formatTime(summary.at)}.
      </Typography>
      <Box sx={{ display: "grid", gap: 4, gridTemplateColumns: { lg: "1fr 1fr" } }}>
        <BarChart title="Orders by day" unit="Orders" total={String(count)} bars={orders} />
        <div>
          <BarChart title={`Revenue by day, ${currency}`} unit="Revenue" total={money(earned)} bars={revenue} />
          {currencies.length > 1 && <Choice label="Currency" value={currency} options={currencies.map((each) => [each, each])} onChange={setCurrency} width={120} />}
        </div>
      </Box>
      <StatusCounts summary={summary} />
    </>
  );
}

function StatusCounts({ summary }: { summary: OrderSummary }) {
  const since = summary.since.slice(0, 10);
  return (
    <Box component="ul" aria-label="Orders by status" sx={{ listStyle: "none", p: 0, m: 0, mt: 3, display: "grid", gap: 1, gridTemplateColumns: "repeat(auto-fill, minmax(130px, 1fr))" }}>
      {countsOf(summary).map(([status, count]) => (
        <Box component="li" key={status} sx={{ position: "relative", border: 1, borderColor: "divider", borderRadius: 1, px: 1.5, py: 1, "&:hover": { bgcolor: "action.hover" } }}>
          <StatusChip quiet status={orderStatus(status)} />
          <TextLink to="/orders" search={{ status, since }} underline="hover" color="textPrimary" aria-label={`${count} ${orderStatus(status).label}`} sx={{ display: "block", fontSize: "1.375rem", fontWeight: 650, "&::after": { content: '""', position: "absolute", inset: 0 } }}>
            {count}
          </TextLink>
        </Box>
      ))}
    </Box>
  );
}

const DAY_WORDS = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: "UTC" });

function dayWords(day: string): string {
  return DAY_WORDS.format(Date.parse(day));
}

function FiguresSkeleton() {
  return (
    <Box sx={{ display: "grid", gap: 4, gridTemplateColumns: { lg: "1fr 1fr" } }}>
      <Skeleton variant="rounded" height={230} />
      <Skeleton variant="rounded" height={230} />
    </Box>
  );
}
