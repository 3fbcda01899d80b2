import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Container from "@mui/material/Container";
import Typography from "@mui/material/Typography";
import { ConnectionError, ProblemError, type Problem } from "@waybill/shared/api/problem";
import { LiveMark } from "@waybill/shared/live/live-mark";
import { PageHeading } from "@waybill/shared/ui/page-heading";
import { EmptyState, ErrorNotice, ErrorState, OfflineState } from "@waybill/shared/ui/states";
import { StatusChip, orderStatus, paymentStatus, productStatus, stockStatus } from "@waybill/shared/ui/status-chip";
import type { ReactNode } from "react";
import { LinkButton } from "../../shop/link-button";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

function aProblem(status: number, code: string, title: string, retryAfter: number | null = null): ProblemError {
  const problem: Problem = { type: `/problems/${code}`, title, status, detail: "", instance: "", code, trace_id: TRACE };
  return new ProblemError(problem, retryAfter);
}

const ERRORS: [string, unknown][] = [
  ["No answer", new ConnectionError(null)],
  ["401 in a page", aProblem(401, "unauthenticated", "Unauthorized")],
  ["403", aProblem(403, "forbidden", "Forbidden")],
  ["404", aProblem(404, "not_found", "Not Found")],
  ["409 price changed", aProblem(409, "price_changed", "Conflict")],
  ["412", aProblem(412, "precondition_failed", "Precondition Failed")],
  ["429", aProblem(429, "rate_limited", "Too Many Requests", 8)],
  ["503", aProblem(503, "unavailable", "Service Unavailable", 2)],
  ["A code that this build does not know", aProblem(418, "teapot", "Short and stout")],
  ["A fault of the page", new Error("broken")],
];

/** Every state that is not content, for review. The pages' own loading states are their skeletons. */
export function StatesPage() {
  return (
    <Container maxWidth="lg" sx={{ pt: 5 }}>
      <PageHeading>States</PageHeading>
      <Typography color="textSecondary" sx={{ mt: 1, mb: 4 }}>
        What a page shows when it has nothing else to show.
      </Typography>
      <Group title="Status">
        <Chips />
      </Group>
      <Group title="Liveness">
        <Box sx={{ display: "flex", gap: 3, flexWrap: "wrap" }}>
          <LiveMark liveness="live" />
          <LiveMark liveness="polling" />
          <LiveMark liveness="reconnecting" />
        </Box>
      </Group>
      <Group title="Empty">
        <EmptyState icon="cart" title="Your cart is empty" action={<LinkButton to="/" variant="contained">See what we have</LinkButton>}>
          What you put in stays here, also when you close the page.
        </EmptyState>
      </Group>
      <Group title="Offline, nothing read yet">
        <OfflineState />
      </Group>
      {ERRORS.map(([name, error]) => (
        <Group key={name} title={name}>
          <ErrorNotice error={error} onRetry={() => undefined} />
          <ErrorState error={error} onRetry={() => undefined} action={<Button variant="outlined">Another way</Button>} />
        </Group>
      ))}
    </Container>
  );
}

function Chips() {
  const all = [
    ...["CREATED", "PAYMENT_PENDING", "PAID", "SHIPPED", "DELIVERED", "CANCELLED", "SOMETHING_NEW"].map(orderStatus),
    ...["NONE", "PENDING", "PROCESSING", "PAID", "FAILED", "VOIDED", "PARTIALLY_REFUNDED", "REFUNDED"].map(paymentStatus),
    ...["IN_STOCK", "LOW_STOCK", "OUT_OF_STOCK"].map(stockStatus),
    ...["DRAFT", "ACTIVE", "ARCHIVED"].map(productStatus),
  ];
  return (
    <Box sx={{ display: "flex", gap: 1.5, flexWrap: "wrap" }}>
      {all.map((status, index) => (
        <StatusChip key={index} status={status} />
      ))}
    </Box>
  );
}

function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Box component="section" sx={{ py: 3, borderTop: 1, borderColor: "divider" }}>
      <Typography variant="h2" sx={{ mb: 2 }}>
        {title}
      </Typography>
      {children}
    </Box>
  );
}
