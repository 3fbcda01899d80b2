import Box from "@mui/material/Box";
import { TextInput } from "@waybill/shared/forms/text-input";
import { memo, useMemo } from "react";
import type { Control } from "react-hook-form";
import { countries, type Delivery } from "./delivery";

export const DeliveryFields = memo(function DeliveryFields({ control }: { control: Control<Delivery> }) {
  const known = useMemo(countries, []);
  return (
    <Box sx={{ display: "grid", gap: 2.5, gridTemplateColumns: { sm: "repeat(6, minmax(0, 1fr))" }, "& > *": { gridColumn: { sm: "span 6" } } }}>
      <TextInput control={control} name="name" label="Full name" autoComplete="shipping name" />
      <TextInput control={control} name="line1" label="Street and number" autoComplete="shipping address-line1" />
      <TextInput control={control} name="line2" label="Floor, company (optional)" autoComplete="shipping address-line2" />
      <Box sx={{ gridColumn: { sm: "span 2 !important" } }}>
        <TextInput control={control} name="postal_code" label="Postal code" autoComplete="shipping postal-code" />
      </Box>
      <Box sx={{ gridColumn: { sm: "span 4 !important" } }}>
        <TextInput control={control} name="city" label="Town" autoComplete="shipping address-level2" />
      </Box>
      <TextInput control={control} name="country" label="Country" autoComplete="shipping country" select slotProps={{ select: { native: true }, inputLabel: { shrink: true } }}>
        {known.map(({ code, name }) => (
          <option key={code} value={code}>
            {name}
          </option>
        ))}
      </TextInput>
    </Box>
  );
});
