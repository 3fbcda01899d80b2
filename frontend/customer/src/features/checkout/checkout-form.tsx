import { zodResolver } from "@hookform/resolvers/zod";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Typography from "@mui/material/Typography";
import { useQueryClient } from "@tanstack/react-query";
import type { components } from "@waybill/shared/api/schema";
import type { User } from "@waybill/shared/api/types";
import { showFaults } from "@waybill/shared/forms/server-faults";
import { formatMoney } from "@waybill/shared/money/money";
import { Icon } from "@waybill/shared/ui/icon";
import { PageHeading } from "@waybill/shared/ui/page-heading";
import { ErrorNotice } from "@waybill/shared/ui/states";
import { useEffect, useState, type ReactNode } from "react";
import { useForm, useWatch, type Control } from "react-hook-form";
import { CardChoice } from "../../shop/card-choice";
import type { Cart } from "../../shop/cart";
import { useCheckedCart } from "../../shop/cart-check";
import { LinkButton } from "../../shop/link-button";
import { TEST_CARDS } from "../../shop/test-cards";
import { CheckoutSummary } from "./checkout-summary";
import { addressOf, deliverySchema, loadDraft, saveDraft, type Delivery } from "./delivery";
import { DeliveryFields } from "./delivery-fields";
import type { Ordering } from "./use-ordering";

type NewOrder = components["schemas"]["NewOrder"];

interface Props {
  user: User;
  cart: Cart;
  ordering: Ordering;
  onPlace: (order: NewOrder) => void;
}

export function CheckoutForm({ user, cart, ordering, onPlace }: Props) {
  const checked = useCheckedCart(cart);
  const queries = useQueryClient();
  const [method, setMethod] = useState(TEST_CARDS[0]!.method);
  const form = useForm<Delivery>({ resolver: zodResolver(deliverySchema), mode: "onBlur", defaultValues: loadDraft(user.name) });
  const refusal = ordering.phase === "refused" ? ordering.error : null;
  useEffect(() => {
    if (refusal === null) return;
    showFaults(form, refusal, "shipping_address.");
    // A price or a product may be why: what is shown next is today's.
    void queries.invalidateQueries({ queryKey: ["product"] });
  }, [refusal, form, queries]);
  const submit = form.handleSubmit((delivery) => {
    const items = cart.lines.map(({ sku, quantity }) => ({ sku, quantity }));
    const total = checked.total as NewOrder["expected_total"];
    onPlace({ items, payment_method: method, expected_total: total, shipping_address: addressOf(delivery) });
  });
  const busy = ordering.phase === "sending";
  return (
    <>
      <PageHeading>Check out</PageHeading>
      <Box component="form" noValidate onSubmit={(event) => void submit(event)} sx={{ mt: 3, display: "grid", gap: { xs: 4, md: 6 }, gridTemplateColumns: { md: "minmax(0, 1fr) 360px" }, alignItems: "start" }}>
        <Box sx={{ display: "grid", gap: 5 }}>
          {refusal !== null && <ErrorNotice error={refusal} />}
          <KeepDraft control={form.control} />
          <Step number={1} title="Where does it go?">
            <DeliveryFields control={form.control} />
          </Step>
          <Step number={2} title="How do you pay?">
            <CardChoice value={method} onChange={setMethod} disabled={busy} />
          </Step>
          <Box sx={{ display: "grid", gap: 1.5 }}>
            {checked.blocked && <CartTrouble />}
            <Button type="submit" variant="contained" size="large" loading={busy} loadingPosition="start" startIcon={<Icon name="lock" />} disabled={checked.blocked || !checked.total || !checked.settled}>
              {checked.total ? `Order and pay ${formatMoney(checked.total)}` : "Order and pay"}
            </Button>
            <Typography variant="body2" color="textSecondary">
              Pressed twice it still makes one order. You can take it back for a minute after it is paid.
            </Typography>
          </Box>
        </Box>
        <CheckoutSummary checked={checked} />
      </Box>
    </>
  );
}

/** On its own, so that a letter typed draws its field anew and not the whole page. */
function KeepDraft({ control }: { control: Control<Delivery> }) {
  const draft = useWatch({ control });
  useEffect(() => saveDraft(draft), [draft]);
  return null;
}

function Step({ number, title, children }: { number: number; title: string; children: ReactNode }) {
  return (
    <Box component="section" aria-labelledby={`step-${number}`}>
      <Typography id={`step-${number}`} variant="h2" sx={{ mb: 2, display: "flex", alignItems: "center", gap: 1.5 }}>
        <Box component="span" aria-hidden sx={{ display: "inline-grid", placeItems: "center", width: 34, height: 34, borderRadius: "50%", border: 2, fontSize: "1rem" }}>
          {number}
        </Box>
        {title}
      </Typography>
      {children}
    </Box>
  );
}

function CartTrouble() {
  return (
    <Box role="status" sx={{ display: "flex", flexWrap: "wrap", alignItems: "center", gap: 1.5, color: "warning.main", fontWeight: 600 }}>
      <Icon name="alert" /> Something in the cart cannot be had as it is.
      <LinkButton to="/cart" size="small" variant="outlined" color="inherit">
        To the cart
      </LinkButton>
    </Box>
  );
}
