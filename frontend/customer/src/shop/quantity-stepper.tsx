import Box from "@mui/material/Box";
import IconButton from "@mui/material/IconButton";
import { Icon } from "@waybill/shared/ui/icon";
import { QUANTITY_MAX } from "./cart";

interface Props {
  value: number;
  onChange: (quantity: number) => void;
  /** What is counted, for those who do not see it. */
  of: string;
  max?: number;
}

/** A number of pieces between two buttons. */
export function QuantityStepper({ value, onChange, of, max = QUANTITY_MAX }: Props) {
  const most = Math.max(1, Math.min(max, QUANTITY_MAX));
  return (
    <Box role="group" aria-label={`Quantity of ${of}`} sx={{ display: "inline-flex", alignItems: "center", border: 1, borderColor: "text.disabled", borderRadius: 1, bgcolor: "background.paper" }}>
      <IconButton aria-label="One less" disabled={value <= 1} onClick={() => onChange(value - 1)}>
        <Icon name="minus" fontSize="small" />
      </IconButton>
      <Box component="span" role="status" sx={{ minWidth: "2ch", textAlign: "center", fontWeight: 600 }}>
        {value}
      </Box>
      <IconButton aria-label="One more" disabled={value >= most} onClick={() => onChange(value + 1)}>
        <Icon name="plus" fontSize="small" />
      </IconButton>
    </Box>
  );
}
