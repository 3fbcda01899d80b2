import Box from "@mui/material/Box";
import Typography from "@mui/material/Typography";
import { formatMoney, times } from "@waybill/shared/money/money";
import { MoneyText } from "@waybill/shared/ui/money-text";
import { memo } from "react";
import type { CheckedCart } from "../../shop/cart-check";
import { LinkButton } from "../../shop/link-button";
import { ProductPicture } from "../../shop/product-picture";
import { TearLine, Ticket } from "../../shop/ticket";

/** What is about to be ordered. */
export const CheckoutSummary = memo(function CheckoutSummary({ checked }: { checked: CheckedCart }) {
  return (
    <Ticket label="Your order">
      <Box sx={{ display: "flex", justifyContent: "space-between", alignItems: "center", gap: 2 }}>
        <Typography variant="h3" component="h2">
          Your order
        </Typography>
        <LinkButton to="/cart" size="small" color="inherit">
          Change
        </LinkButton>
      </Box>
      <Box component="ul" sx={{ listStyle: "none", p: 0, m: 0, mt: 1.5, display: "grid", gap: 1.5 }}>
        {checked.lines.map((line) => (
          <Box component="li" key={line.sku} sx={{ display: "grid", gridTemplateColumns: "48px minmax(0, 1fr) auto", gap: 1.5, alignItems: "center" }}>
            <ProductPicture url={line.imageUrl} alt="" radius={0.6} />
            <Box>
              <Typography sx={{ lineHeight: 1.35 }}>{line.name}</Typography>
              <Typography variant="body2" color={line.priceBefore ? "warning" : "textSecondary"}>
                {line.quantity} × {formatMoney(line.price)}
                {line.priceBefore && `, was ${formatMoney(line.priceBefore)}`}
              </Typography>
            </Box>
            <MoneyText value={times(line.price, line.quantity)} />
          </Box>
        ))}
      </Box>
      <TearLine />
      <Box sx={{ display: "flex", justifyContent: "space-between", alignItems: "baseline" }}>
        <Typography>Total, including tax</Typography>
        <Typography sx={{ fontSize: "1.375rem", fontWeight: 650 }}>{checked.total && <MoneyText value={checked.total} />}</Typography>
      </Box>
    </Ticket>
  );
});
