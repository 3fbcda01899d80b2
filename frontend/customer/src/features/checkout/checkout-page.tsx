import Container from "@mui/material/Container";
import { useRouter } from "@tanstack/react-router";
import type { Order, User } from "@waybill/shared/api/types";
import { useSession, useSessionState } from "@waybill/shared/session/context";
import { EmptyState } from "@waybill/shared/ui/states";
import Button from "@mui/material/Button";
import { useCart } from "../../shop/cart";
import { LinkButton } from "../../shop/link-button";
import { CheckoutForm } from "./checkout-form";
import { OrderedElsewhere, useOrdering } from "./use-ordering";

export function CheckoutPage() {
  const { user } = useSessionState();
  const session = useSession();
  if (!user) return null;
  if (!user.roles.includes("CUSTOMER")) {
    return (
      <EmptyState page icon="lock" title="This account cannot buy" action={<Button variant="contained" onClick={() => void session.signOut()}>Sign out</Button>}>
        You are signed in as {user.email}, an account for staff. Use a customer's account; the cart stays as it is.
      </EmptyState>
    );
  }
  return <Checkout user={user} />;
}

function Checkout({ user }: { user: User }) {
  const router = useRouter();
  const cart = useCart();
  // Replaced, so that the back button does not lead to a checkout that is over.
  const show = (order: Order) => void router.navigate({ to: "/orders/$id", params: { id: order.id }, replace: true });
  const { state, place } = useOrdering(user.id, show);
  if (state.phase === "checking") return <Checking />;
  if (state.phase === "refused" && state.error instanceof OrderedElsewhere) return <Elsewhere />;
  if (cart.lines.length === 0) return <NothingToOrder />;
  return (
    <Container maxWidth="lg" sx={{ pt: { xs: 3, md: 5 } }}>
      <CheckoutForm user={user} cart={cart} ordering={state} onPlace={(order) => place(order, cart.id)} />
    </Container>
  );
}

/** The answer was lost on its way: nothing is to be done but to wait. */
export function Checking() {
  return (
    <div role="status">
      <EmptyState page icon="clock" title="We are checking your order">
        The connection was lost before the answer came. We ask again until we know, and never order twice. You can leave this page open.
      </EmptyState>
    </div>
  );
}

export function Elsewhere() {
  return (
    <EmptyState page icon="checkCircle" title="This cart is ordered already" action={<LinkButton to="/orders" variant="contained">Your orders</LinkButton>}>
      It was sent from another tab. Nothing was ordered twice.
    </EmptyState>
  );
}

export function NothingToOrder() {
  return (
    <EmptyState
      page
      icon="cart"
      title="There is nothing to order"
      action={
        <>
          <LinkButton to="/" variant="contained">
            See what we have
          </LinkButton>
          <LinkButton to="/orders" variant="outlined">
            Your orders
          </LinkButton>
        </>
      }
    >
      The cart is empty. If you have just ordered, you find it among your orders.
    </EmptyState>
  );
}
