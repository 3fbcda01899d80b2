import { zodResolver } from "@hookform/resolvers/zod";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Typography from "@mui/material/Typography";
import { body } from "@waybill/shared/api/client";
import { hasCode } from "@waybill/shared/api/problem";
import type { Stock } from "@waybill/shared/api/types";
import { showFaults } from "@waybill/shared/forms/server-faults";
import { TextInput } from "@waybill/shared/forms/text-input";
import { useApi } from "@waybill/shared/session/context";
import { useNotify } from "@waybill/shared/ui/notify";
import { useEffect, useState } from "react";
import { useForm } from "react-hook-form";
import { Card } from "../../panel/card";
import { Conflict } from "../../panel/conflict";
import { readStock } from "../../panel/reads";
import { StockRefusal } from "./adjust-stock";
import { countValues } from "./stock-values";

const EMPTY = { on_hand: "", reason: "" };

interface Count {
  on_hand: number;
  reason: string;
}

/** What I counted, and what the shelf was changed to by somebody else meanwhile. */
interface Clash {
  mine: Count;
  theirs: Stock;
}

/** Sets what was counted. The difference goes to the ledger, and sales meanwhile are kept. */
export function CountStock({ stock, onChanged }: { stock: Stock; onChanged: () => void }) {
  const api = useApi();
  const notify = useNotify();
  const form = useForm({ resolver: zodResolver(countValues), mode: "onBlur", defaultValues: EMPTY });
  const { isDirty, isSubmitting } = form.formState;
  // A count is taken against what was shown when it began; a newer reading must not hide that somebody else counted.
  const [base, setBase] = useState(stock);
  const [clash, setClash] = useState<Clash | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    if (!isDirty) setBase(stock);
  }, [stock, isDirty]);

  const start = (now: Stock) => {
    setBase(now);
    setClash(null);
    form.reset(EMPTY);
    onChanged();
  };
  const book = async (mine: Count, version: number) => {
    setError(null);
    const header = version === 0 ? { "If-None-Match": "*" } : { "If-Match": `"${version}"` };
    try {
      const now = await body(api.PUT("/api/v1/inventory/{sku}", { params: { path: { sku: stock.sku }, header }, body: mine }));
      start(now);
      notify(`Booked: ${now.on_hand} on hand.`);
    } catch (failure) {
      if (hasCode(failure, "precondition_failed")) return await compare(mine);
      showFaults(form, failure);
      setError(failure);
    }
  };
  const compare = async (mine: Count) => {
    try {
      setClash({ mine, theirs: (await readStock(api, stock.sku)).value });
      onChanged();
    } catch (failure) {
      setError(failure);
    }
  };
  const submit = form.handleSubmit(({ on_hand, reason }) => book({ on_hand: Number(on_hand), reason }, base.version));
  const keepMine = clash && form.handleSubmit(({ on_hand, reason }) => book({ on_hand: Number(on_hand), reason }, clash.theirs.version));
  return (
    <Card title="Count">
      <Box component="form" noValidate aria-label="Count" onSubmit={(event) => void submit(event)} sx={{ display: "grid", gap: 2 }}>
        {error !== null && <StockRefusal error={error} />}
        {clash && (
          <Conflict
            differences={[{ field: "On hand", mine: String(clash.mine.on_hand), theirs: String(clash.theirs.on_hand) }]}
            keepMine="Book mine all the same"
            takeTheirs="Take theirs"
            busy={isSubmitting}
            onKeepMine={() => void keepMine?.()}
            onTakeTheirs={() => start(clash.theirs)}
          >
            {`Somebody changed this stock after you began, when ${base.on_hand} were on hand. Nothing is booked yet, and your count is still below.`}
          </Conflict>
        )}
        <Typography variant="body2" color="textSecondary">
          Counted against {base.on_hand} on hand. What is sold meanwhile stays sold.
        </Typography>
        <TextInput control={form.control} name="on_hand" label="Units on the shelf" size="small" slotProps={{ htmlInput: { inputMode: "numeric" } }} />
        <TextInput control={form.control} name="reason" label="Reason of the count" size="small" />
        <Button type="submit" variant="outlined" size="small" loading={isSubmitting} disabled={clash !== null} sx={{ justifySelf: "start" }}>
          Book count
        </Button>
      </Box>
    </Card>
  );
}
