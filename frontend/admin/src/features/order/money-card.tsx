import Box from "@mui/material/Box";
import Typography from "@mui/material/Typography";
import type { Payment, Refund } from "@waybill/shared/api/types";
import { MONO } from "@waybill/shared/theme/theme";
import { Moment } from "@waybill/shared/ui/moment";
import { MoneyText } from "@waybill/shared/ui/money-text";
import { StatusChip, paymentStatus, transferStatus } from "@waybill/shared/ui/status-chip";
import type { ReactNode } from "react";
import { Card, Fact, Facts } from "../../panel/card";

type Attempt = Payment["attempts"][number];

/** What was charged, how often it was tried, and what went back. */
export function MoneyCard({ payment, orderStatus }: { payment: Payment | null; orderStatus: string }) {
  if (!payment) {
    return (
      <Card title="Payment">
        <Typography color="textSecondary">{orderStatus === "CREATED" ? "Payment has not heard of this order yet." : "Payment does not answer at the moment, or knows nothing of this order."}</Typography>
      </Card>
    );
  }
  return (
    <Card title="Payment" end={<StatusChip status={paymentStatus(STATUS[payment.status] ?? payment.status)} />}>
      <Facts columns={3}>
        <Fact name="Asked for">
          <MoneyText value={payment.amount} />
        </Fact>
        <Fact name="Captured">
          <MoneyText value={payment.captured} />
        </Fact>
        <Fact name="Refunded">
          <MoneyText value={payment.refunded} />
        </Fact>
      </Facts>
      {payment.status === "REQUIRES_PAYMENT" && payment.payment_deadline && (
        <Typography variant="body2" color="textSecondary" sx={{ mt: 1 }}>
          To be paid until <Moment at={payment.payment_deadline} />
        </Typography>
      )}
      <Transfers label="Attempts" none="Nobody tried to pay yet.">
        {payment.attempts.map((attempt) => (
          <AttemptRow key={attempt.id} attempt={attempt} />
        ))}
      </Transfers>
      <Transfers label="Refunds" none="Nothing went back.">
        {payment.refunds.map((refund) => (
          <RefundRow key={refund.id} refund={refund} />
        ))}
      </Transfers>
    </Card>
  );
}

/** A payment's own names for what orders call otherwise. */
const STATUS: Record<string, string> = { REQUIRES_PAYMENT: "PENDING", SUCCEEDED: "PAID" };

function Transfers({ label, none, children }: { label: string; none: string; children: ReactNode[] }) {
  return (
    <Box sx={{ mt: 2, pt: 2, borderTop: 1, borderColor: "divider" }}>
      <Typography component="h3" variant="body2" sx={{ fontWeight: 600, mb: 0.5 }}>
        {label}
      </Typography>
      {children.length === 0 ? (
        <Typography variant="body2" color="textSecondary">
          {none}
        </Typography>
      ) : (
        <Box component="ol" aria-label={label} sx={{ listStyle: "none", p: 0, m: 0, display: "grid", gap: 1.25 }}>
          {children}
        </Box>
      )}
    </Box>
  );
}

function AttemptRow({ attempt }: { attempt: Attempt }) {
  return (
    <li>
      <Box sx={{ display: "flex", flexWrap: "wrap", gap: 1, justifyContent: "space-between" }}>
        <Box component="code" sx={{ fontFamily: MONO, fontSize: "0.8125rem" }}>
          {attempt.payment_method}
        </Box>
        <StatusChip quiet status={transferStatus(attempt.status)} />
      </Box>
      <Typography variant="body2" color="textSecondary">
        Attempt {attempt.number}, <Moment at={attempt.created_at} as="time" />
        {attempt.decline_code && <>, {attempt.decline_code}</>}
      </Typography>
    </li>
  );
}

function RefundRow({ refund }: { refund: Refund }) {
  return (
    <li>
      <Box sx={{ display: "flex", flexWrap: "wrap", gap: 1, justifyContent: "space-between" }}>
        <Box component="span" sx={{ fontWeight: 600 }}>
          <MoneyText value={refund.amount} />
        </Box>
        <StatusChip quiet status={transferStatus(refund.status)} />
      </Box>
      <Typography variant="body2" color="textSecondary">
        <Moment at={refund.created_at} />
        {refund.reason && <>, “{refund.reason}”</>}
        {refund.failure_code && <>, {refund.failure_code}</>}
      </Typography>
    </li>
  );
}
