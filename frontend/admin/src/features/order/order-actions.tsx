import Box from "@mui/material/Box";
import { useState } from "react";
import type { OrderView } from "@waybill/shared/api/order-view";
import { CancelOrder } from "./cancel-order";
import { DeliverOrder } from "./deliver-order";
import { RefundOrder } from "./refund-order";
import { ShipOrder } from "./ship-order";

type ActionName = "ship" | "deliver" | "refund" | "cancel";

/** What can be done with an order as it stands. */
export function OrderActions({ view, onChanged }: { view: OrderView; onChanged: () => void }) {
  const [open, setOpen] = useState<ActionName | null>(null);
  const props = (name: ActionName) => ({ open: open === name, onOpen: () => setOpen(name), onClose: () => setOpen(null), onChanged });
  return (
    <Box role="group" aria-label="Actions" sx={{ display: "flex", flexWrap: "wrap", gap: 1, mt: 1.5 }}>
      <ShipOrder order={view.order} {...props("ship")} />
      <DeliverOrder order={view.order} {...props("deliver")} />
      <RefundOrder view={view} onCancelInstead={() => setOpen("cancel")} {...props("refund")} />
      <CancelOrder order={view.order} {...props("cancel")} />
    </Box>
  );
}
