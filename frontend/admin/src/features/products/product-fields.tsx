import Box from "@mui/material/Box";
import { TextInput } from "@waybill/shared/forms/text-input";
import { productStatus } from "@waybill/shared/ui/status-chip";
import type { Control } from "react-hook-form";
import { PRODUCT_STATUSES } from "../../panel/addresses";
import { CURRENCIES, type ProductValues } from "./product-values";

const NATIVE = { select: { native: true }, inputLabel: { shrink: true } } as const;

/** The fields of a product; the SKU is given once. */
export function ProductFields({ control, isNew = false }: { control: Control<ProductValues>; isNew?: boolean }) {
  return (
    <Box sx={{ display: "grid", gap: 2.5, gridTemplateColumns: { sm: "repeat(6, minmax(0, 1fr))" }, "& > *": { gridColumn: { sm: "1 / -1" } } }}>
      {isNew && <TextInput control={control} name="sku" label="SKU" spellCheck={false} helperText="Unique over the shop, and never changed or used again." />}
      <TextInput control={control} name="name" label="Name" />
      <TextInput control={control} name="description" label="Description (optional)" multiline minRows={3} />
      <TextInput control={control} name="price.amount_minor" label="Price" slotProps={{ htmlInput: { inputMode: "decimal" } }} sx={{ "&&": { gridColumn: { sm: "span 2" } } }} />
      <TextInput control={control} name="price.currency" label="Currency" select slotProps={NATIVE} sx={{ "&&": { gridColumn: { sm: "span 2" } } }}>
        {CURRENCIES.map((currency) => (
          <option key={currency} value={currency}>
            {currency}
          </option>
        ))}
      </TextInput>
      <TextInput control={control} name="status" label="Status" select slotProps={NATIVE} sx={{ "&&": { gridColumn: { sm: "span 2" } } }}>
        {PRODUCT_STATUSES.map((status) => (
          <option key={status} value={status}>
            {productStatus(status).label}
          </option>
        ))}
      </TextInput>
      <TextInput control={control} name="image_url" label="Address of the picture (optional)" type="text" inputMode="url" spellCheck={false} />
    </Box>
  );
}
