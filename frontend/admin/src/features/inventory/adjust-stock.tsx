import { zodResolver } from "@hookform/resolvers/zod";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import { body } from "@waybill/shared/api/client";
import { hasCode } from "@waybill/shared/api/problem";
import type { components } from "@waybill/shared/api/schema";
import type { Stock } from "@waybill/shared/api/types";
import { TextInput } from "@waybill/shared/forms/text-input";
import { useApi } from "@waybill/shared/session/context";
import { Notice } from "@waybill/shared/ui/notice";
import { useNotify } from "@waybill/shared/ui/notify";
import { ErrorNotice } from "@waybill/shared/ui/states";
import { useForm } from "react-hook-form";
import { Checking } from "../../panel/action-dialog";
import { Card } from "../../panel/card";
import { useFaults } from "../../panel/use-faults";
import { useOnce } from "../../panel/use-once";
import { adjustmentValues } from "./stock-values";

const EMPTY = { delta: "", reason: "" };

/** Adds what came, or takes away what is gone. */
export function AdjustStock({ sku, onChanged }: { sku: string; onChanged: () => void }) {
  const api = useApi();
  const notify = useNotify();
  const form = useForm({ resolver: zodResolver(adjustmentValues), mode: "onBlur", defaultValues: EMPTY });
  const { state, run } = useOnce<components["schemas"]["StockAdjustment"], Stock>({
    name: `adjust.${sku}`,
    send: (call) => body(api.POST("/api/v1/inventory/{sku}/adjustments", { params: { path: { sku }, header: { "Idempotency-Key": call.key } }, body: call.body })),
    onDone: (stock) => {
      form.reset(EMPTY);
      onChanged();
      notify(`Booked: ${stock.on_hand} on hand.`);
    },
    onRefused: onChanged,
  });
  useFaults(form, state);
  const submit = form.handleSubmit(({ delta, reason }) => run({ delta: Number(delta), reason }));
  const busy = state.phase === "sending" || state.phase === "checking";
  return (
    <Card title="Adjust">
      <Box component="form" noValidate aria-label="Adjust" onSubmit={(event) => void submit(event)} sx={{ display: "grid", gap: 2 }}>
        {state.phase === "refused" && <StockRefusal error={state.error} />}
        {state.phase === "checking" && <Checking />}
        <TextInput control={form.control} name="delta" label="Units that came or went" size="small" helperText="Such as 24, or -3 for broken ones." />
        <TextInput control={form.control} name="reason" label="Reason" size="small" />
        <Button type="submit" variant="contained" size="small" loading={busy} sx={{ justifySelf: "start" }}>
          Book adjustment
        </Button>
      </Box>
    </Card>
  );
}

/** Why a change of stock was refused, with the figure that stood against it. */
export function StockRefusal({ error }: { error: unknown }) {
  const reserved = hasCode(error, "stock_reserved") ? error.problem["reserved"] : null;
  if (typeof reserved !== "number") return <ErrorNotice error={error} />;
  return (
    <Notice role="alert" tone="bad" icon="lock" title="That much is promised to buyers">
      Orders hold {reserved}, and less than that would be left. Wait until they are paid or let go, or take away less.
    </Notice>
  );
}
