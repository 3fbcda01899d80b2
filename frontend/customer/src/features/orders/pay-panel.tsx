import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Typography from "@mui/material/Typography";
import { useSessionState } from "@waybill/shared/session/context";
import { formatMoney } from "@waybill/shared/money/money";
import { Icon } from "@waybill/shared/ui/icon";
import { Notice } from "@waybill/shared/ui/notice";
import { ErrorNotice } from "@waybill/shared/ui/states";
import { useState } from "react";
import { CardChoice } from "../../shop/card-choice";
import type { OrderView } from "@waybill/shared/api/order-view";
import { declineWords, TEST_CARDS } from "../../shop/test-cards";
import { isBeingChecked, waitsForBuyer } from "./pace";
import { usePaying } from "./use-paying";

/** What to do about the money of an order: nothing, wait, or choose another card. */
export function PayPanel({ view, onAnswer }: { view: OrderView; onAnswer: () => Promise<unknown> }) {
  const { user } = useSessionState();
  const { state, pay } = usePaying(view.order.id, user?.id ?? "", onAnswer);
  if (isBeingChecked(view) || state.phase === "checking") return <Checking />;
  if (!waitsForBuyer(view) && state.phase !== "sending") return state.phase === "refused" ? <ErrorNotice error={state.error} /> : null;
  return (
    <Box component="section" aria-labelledby="pay" sx={{ display: "grid", gap: 2.5 }}>
      {state.phase === "refused" && <ErrorNotice error={state.error} />}
      <Declined view={view} />
      <Typography id="pay" variant="h2">
        Choose a card
      </Typography>
      <PayForm total={formatMoney(view.order.total)} busy={state.phase === "sending"} onPay={pay} />
    </Box>
  );
}

function PayForm({ total, busy, onPay }: { total: string; busy: boolean; onPay: (method: string) => void }) {
  const [method, setMethod] = useState(TEST_CARDS[0]!.method);
  return (
    <Box
      component="form"
      onSubmit={(event) => {
        event.preventDefault();
        onPay(method);
      }}
      sx={{ display: "grid", gap: 2.5 }}
    >
      <CardChoice value={method} onChange={setMethod} disabled={busy} />
      <Button type="submit" variant="contained" size="large" loading={busy} loadingPosition="start" startIcon={<Icon name="lock" />}>
        Pay {total}
      </Button>
    </Box>
  );
}

function Declined({ view }: { view: OrderView }) {
  const last = view.payment?.attempts.at(-1);
  if (last?.status !== "DECLINED") return null;
  const left = view.payment?.attempts_left ?? 0;
  return (
    <Notice role="alert" tone="bad" icon="card" title={declineWords(last.decline_code)}>
      Nothing was charged, and your goods stay set aside. {left === 1 ? "You have one more try." : `You have ${left} more tries.`}
    </Notice>
  );
}

export function Checking() {
  return (
    <Notice role="status" tone="active" icon="clock" title="We are checking your payment">
      The bank has not answered yet. This settles by itself, mostly within half a minute; you are never charged twice. You can
      close this page.
    </Notice>
  );
}
