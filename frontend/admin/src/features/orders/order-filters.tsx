import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import TextField from "@mui/material/TextField";
import { Icon } from "@waybill/shared/ui/icon";
import { orderStatus } from "@waybill/shared/ui/status-chip";
import { useEffect, useState } from "react";
import { ORDER_STATUSES, orderSearch, type OrderSearch } from "../../panel/addresses";
import { Choice } from "../../panel/choice";

/** The longest number that the service takes. */
const NUMBER_LENGTH_MAX = 16;

const STATUSES = [["", "Any"], ...ORDER_STATUSES.map((status) => [status, orderStatus(status).label] as const)] as const;

interface Props {
  search: OrderSearch;
  onChange: (search: OrderSearch) => void;
}

/** Which orders are listed; a change begins with the first page again. */
export function OrderFilters({ search, onChange }: Props) {
  const [number, setNumber] = useState(search.number ?? "");
  useEffect(() => setNumber(search.number ?? ""), [search.number]);
  const change = (wanted: Record<string, unknown>) => onChange({ ...orderSearch({ ...search, ...wanted }), cursor: undefined });
  const any = Boolean(search.status ?? search.number ?? search.since);
  return (
    <Box
      component="form"
      role="search"
      aria-label="Orders"
      onSubmit={(event) => {
        event.preventDefault();
        change({ number: number.trim().toUpperCase() });
      }}
      sx={{ display: "flex", flexWrap: "wrap", gap: 1.5, alignItems: "center", mb: 2 }}
    >
      <TextField size="small" label="Order number" value={number} onChange={(event) => setNumber(event.target.value)} slotProps={{ htmlInput: { maxLength: NUMBER_LENGTH_MAX, spellCheck: false, autoCapitalize: "characters" }, inputLabel: { shrink: true } }} sx={{ width: { xs: "100%", sm: 200 } }} />
      <Choice label="Status" value={search.status ?? ""} options={STATUSES} onChange={(status) => change({ status })} />
      <TextField size="small" type="date" label="Placed since" value={search.since ?? ""} onChange={(event) => change({ since: event.target.value })} slotProps={{ inputLabel: { shrink: true } }} sx={{ width: { xs: "100%", sm: 180 } }} />
      <Button type="submit" size="small" variant="outlined" startIcon={<Icon name="search" />}>
        Search
      </Button>
      {any && (
        <Button size="small" color="inherit" startIcon={<Icon name="close" />} onClick={() => onChange({})}>
          Clear filters
        </Button>
      )}
    </Box>
  );
}
