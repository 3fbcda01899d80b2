import Box from "@mui/material/Box";
import type { Money } from "../api/types";
import { formatMoney, minorPerUnit } from "../money/money";

/** An amount as people write it. */
export function MoneyText({ value }: { value: Money }) {
  return (
    <Box component="data" sx={{ whiteSpace: "nowrap" }} value={String(value.amount_minor / minorPerUnit(value.currency))}>
      {formatMoney(value)}
    </Box>
  );
}
