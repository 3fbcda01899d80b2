import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Typography from "@mui/material/Typography";
import { formatMoney, times } from "@waybill/shared/money/money";
import { Icon } from "@waybill/shared/ui/icon";
import { MoneyText } from "@waybill/shared/ui/money-text";
import { useNotify } from "@waybill/shared/ui/notify";
import { putBack, removeFromCart, setQuantity } from "../../shop/cart";
import type { CheckedLine } from "../../shop/cart-check";
import { TextLink } from "../../shop/link-button";
import { ProductPicture } from "../../shop/product-picture";
import { QuantityStepper } from "../../shop/quantity-stepper";

/** A line of the cart, with what changed about it since it was put in. */
export function CartRow({ line, index }: { line: CheckedLine; index: number }) {
  const notify = useNotify();
  const remove = () => {
    removeFromCart(line.sku);
    const { priceBefore: _before, gone: _gone, only: _only, ...kept } = line;
    notify(`${line.name} is out of the cart.`, { label: "Undo", run: () => putBack(kept, index) });
    // The button is gone with its row; the heading is the next place that stays.
    document.querySelector("h1")?.focus();
  };
  return (
    <Box component="li" sx={{ display: "grid", gridTemplateColumns: { xs: "72px minmax(0, 1fr)", sm: "104px minmax(0, 1fr)" }, gap: 2, py: 2.5, borderTop: 1, borderColor: "divider" }}>
      <ProductPicture url={line.imageUrl} alt="" />
      <Box>
        <Box sx={{ display: "flex", gap: 2, justifyContent: "space-between", flexWrap: "wrap" }}>
          <Typography variant="subtitle1" component="h2">
            <TextLink to="/products/$id" params={{ id: line.productId }} color="inherit" underline="hover">
              {line.name}
            </TextLink>
          </Typography>
          <Typography sx={{ fontWeight: 600 }}>
            <MoneyText value={times(line.price, line.quantity)} />
          </Typography>
        </Box>
        <Typography variant="body2" color="textSecondary">
          {formatMoney(line.price)} each
          {line.priceBefore && `; it was ${formatMoney(line.priceBefore)} when you put it in`}
        </Typography>
        <Trouble line={line} />
        <Box sx={{ mt: 1.5, display: "flex", gap: 1.5, alignItems: "center", flexWrap: "wrap" }}>
          {!line.gone && line.only !== 0 && <QuantityStepper value={line.quantity} onChange={(quantity) => setQuantity(line.sku, quantity)} of={line.name} />}
          <Button color="inherit" startIcon={<Icon name="trash" />} onClick={remove} aria-label={`Remove ${line.name}`} sx={{ px: 1.5 }}>
            Remove
          </Button>
        </Box>
      </Box>
    </Box>
  );
}

function Trouble({ line }: { line: CheckedLine }) {
  if (!line.gone && line.only === null) return null;
  const words = line.gone ? "This is no longer for sale." : line.only === 0 ? "This is sold out." : `Only ${line.only} left.`;
  return (
    <Box role="status" sx={{ mt: 1, color: "warning.main", fontWeight: 600, display: "flex", gap: 1, alignItems: "center", flexWrap: "wrap" }}>
      <Box component="span" sx={{ display: "flex", gap: 1 }}>
        <Icon name="alert" fontSize="small" /> {words}
      </Box>
      {!line.gone && line.only !== null && line.only > 0 && (
        <Button size="small" variant="outlined" onClick={() => setQuantity(line.sku, line.only ?? 1)}>
          Take {line.only}
        </Button>
      )}
    </Box>
  );
}
