import Box from "@mui/material/Box";
import Container from "@mui/material/Container";
import Typography from "@mui/material/Typography";
import { ConnectionError, ProblemError, type Problem } from "@waybill/shared/api/problem";
import { LiveMark } from "@waybill/shared/live/live-mark";
import { PageHeading } from "@waybill/shared/ui/page-heading";
import { EmptyState, ErrorNotice, ErrorState, OfflineState } from "@waybill/shared/ui/states";
import { StatusChip, deadLetterStatus, fulfillmentStatus, movementKind, orderStatus, paymentStatus, productStatus, stockStatus, transferStatus } from "@waybill/shared/ui/status-chip";
import type { ReactNode } from "react";
import { Checking } from "../../panel/action-dialog";
import { Conflict } from "../../panel/conflict";
import { TableSkeleton } from "../../panel/data-table";
import { Forbidden } from "../../panel/forbidden";
import { LinkButton } from "../../panel/links";

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
  ["409 sku_taken", aProblem(409, "sku_taken", "Conflict")],
  ["409 stock_reserved", aProblem(409, "stock_reserved", "Conflict")],
  ["409 invalid_transition", aProblem(409, "invalid_transition", "Conflict")],
  ["409 cancel_instead", aProblem(409, "cancel_instead", "Conflict")],
  ["409 refund_exceeds_capture", aProblem(409, "refund_exceeds_capture", "Conflict")],
  ["409 waits_behind_dead_letter", aProblem(409, "waits_behind_dead_letter", "Conflict")],
  ["412", aProblem(412, "precondition_failed", "Precondition Failed")],
  ["429", aProblem(429, "rate_limited", "Too Many Requests", 8)],
  ["503", aProblem(503, "unavailable", "Service Unavailable", 2)],
  ["A code that this build does not know", aProblem(418, "teapot", "Short and stout")],
  ["A fault of the page", new Error("broken")],
];

const EMPTY: [string, string][] = [
  ["No orders yet", "As soon as somebody orders, you see it here."],
  ["No products match", "SKUs are searched whole, in upper and lower case as they are."],
  ["Nothing moved yet", "Begin with a count or an adjustment. Holds for unpaid orders are no movements."],
  ["Nothing is dead here", "The order service has applied every event that it was sent."],
];

/** Every state that is not content, for review. */
export function StatesPage() {
  return (
    <Container component="main" maxWidth="lg" sx={{ py: 5 }}>
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
      <Group title="A table on its way">
        <TableSkeleton rows={4} />
      </Group>
      <Group title="Empty">
        {EMPTY.map(([title, text]) => (
          <EmptyState key={title} icon="search" title={title} action={<LinkButton to="/products" variant="outlined">Clear the filters</LinkButton>}>
            {text}
          </EmptyState>
        ))}
      </Group>
      <Group title="Changed by two">
        <Conflict differences={[{ field: "Price", mine: "€12.50", theirs: "€13.00" }, { field: "Description", mine: "", theirs: "Roasted on Tuesdays." }]} keepMine="Save mine over it" takeTheirs="Take theirs" busy={false} onKeepMine={() => undefined} onTakeTheirs={() => undefined}>
          This product was changed since you opened it. Nothing is saved yet, and what you typed is still below.
        </Conflict>
      </Group>
      <Group title="An answer that was lost">
        <Checking />
      </Group>
      <Group title="Not with this role">
        <Forbidden page={false} />
      </Group>
      <Group title="Offline, nothing read yet">
        <OfflineState />
      </Group>
      {ERRORS.map(([name, error]) => (
        <Group key={name} title={name}>
          <ErrorNotice error={error} onRetry={() => undefined} />
          <ErrorState error={error} onRetry={() => undefined} />
        </Group>
      ))}
    </Container>
  );
}

function Chips() {
  const all = [
    ...["CREATED", "PAYMENT_PENDING", "PAID", "SHIPPED", "DELIVERED", "CANCELLED", "SOMETHING_NEW"].map(orderStatus),
    ...["NONE", "PENDING", "PROCESSING", "PAID", "FAILED", "VOIDED", "PARTIALLY_REFUNDED", "REFUNDED"].map(paymentStatus),
    ...["UNFULFILLED", "PARTIAL", "SHIPPED", "DELIVERED"].map(fulfillmentStatus),
    ...["PROCESSING", "PENDING", "SUCCEEDED", "DECLINED", "FAILED", "CANCELLED"].map(transferStatus),
    ...["IN_STOCK", "LOW_STOCK", "OUT_OF_STOCK"].map(stockStatus),
    ...["SALE", "RETURN", "COUNT", "ADJUSTMENT"].map(movementKind),
    ...["DRAFT", "ACTIVE", "ARCHIVED"].map(productStatus),
    ...["DEAD", "WAITING", "DONE"].map(deadLetterStatus),
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
