import Box from "@mui/material/Box";
import Container from "@mui/material/Container";
import Typography from "@mui/material/Typography";
import { useSessionState } from "@waybill/shared/session/context";
import { Icon } from "@waybill/shared/ui/icon";
import { MoneyText } from "@waybill/shared/ui/money-text";
import { PageHeading } from "@waybill/shared/ui/page-heading";
import { EmptyState } from "@waybill/shared/ui/states";
import { pieces, useCart } from "../../shop/cart";
import { useCheckedCart, type CheckedCart } from "../../shop/cart-check";
import { LinkButton } from "../../shop/link-button";
import { Ticket } from "../../shop/ticket";
import { CartRow } from "./cart-row";

export function CartPage() {
  const cart = useCart();
  const checked = useCheckedCart(cart);
  if (cart.lines.length === 0) {
    return (
      <EmptyState page icon="cart" title="Your cart is empty" action={<LinkButton to="/" variant="contained">See what we have</LinkButton>}>
        What you put in stays here, also when you close the page.
      </EmptyState>
    );
  }
  return (
    <Container maxWidth="lg" sx={{ pt: { xs: 3, md: 5 } }}>
      <PageHeading>Cart</PageHeading>
      <Box sx={{ mt: 3, display: "grid", gap: { xs: 4, md: 6 }, gridTemplateColumns: { md: "minmax(0, 1fr) 340px" }, alignItems: "start" }}>
        <Box component="ul" aria-label="In the cart" sx={{ listStyle: "none", p: 0, m: 0 }}>
          {checked.lines.map((line, index) => (
            <CartRow key={line.sku} line={line} index={index} />
          ))}
        </Box>
        <Summary checked={checked} count={pieces(cart)} />
      </Box>
    </Container>
  );
}

function Summary({ checked, count }: { checked: CheckedCart; count: number }) {
  const { user } = useSessionState();
  return (
    <Ticket>
      <Typography variant="h3" component="h2">
        Total
      </Typography>
      <Box sx={{ mt: 1.5, display: "flex", justifyContent: "space-between", gap: 2, alignItems: "baseline" }}>
        <Typography color="textSecondary">{count === 1 ? "1 piece" : `${count} pieces`}</Typography>
        <Typography sx={{ fontSize: "1.5rem", fontWeight: 650 }}>{checked.total && <MoneyText value={checked.total} />}</Typography>
      </Box>
      <Typography variant="body2" color="textSecondary" sx={{ mb: 2.5 }}>
        including tax
      </Typography>
      {!checked.total && <Typography color="error">These products are sold in different currencies. Order them one by one.</Typography>}
      {checked.blocked && (
        <Typography role="status" color="warning" sx={{ mb: 2, display: "flex", gap: 1 }}>
          <Icon name="alert" fontSize="small" /> Mend what is marked, then go on.
        </Typography>
      )}
      <LinkButton to="/checkout" variant="contained" size="large" fullWidth disabled={checked.blocked || !checked.total}>
        {user ? "Check out" : "Sign in and check out"}
      </LinkButton>
    </Ticket>
  );
}
