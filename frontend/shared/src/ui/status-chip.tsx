import Box from "@mui/material/Box";
import { Icon, type IconName } from "./icon";

/** What a state means for whoever looks: it chooses the colour, while icon and text say it as well. */
export type Tone = "neutral" | "active" | "good" | "warning" | "bad";

export interface Status {
  label: string;
  tone: Tone;
  icon: IconName;
}

const COLOUR: Record<Tone, string> = {
  neutral: "text.secondary",
  active: "primary.main",
  good: "success.main",
  warning: "warning.main",
  bad: "error.main",
};

const ORDER: Record<string, Status> = {
  CREATED: { label: "Received", tone: "active", icon: "doc" },
  PAYMENT_PENDING: { label: "To be paid", tone: "warning", icon: "card" },
  PAID: { label: "Paid", tone: "good", icon: "checkCircle" },
  SHIPPED: { label: "On its way", tone: "active", icon: "truck" },
  DELIVERED: { label: "Delivered", tone: "good", icon: "box" },
  CANCELLED: { label: "Cancelled", tone: "neutral", icon: "ban" },
};

const PAYMENT: Record<string, Status> = {
  NONE: { label: "Not started", tone: "neutral", icon: "card" },
  PENDING: { label: "To be paid", tone: "warning", icon: "card" },
  PROCESSING: { label: "Being checked", tone: "active", icon: "clock" },
  PAID: { label: "Paid", tone: "good", icon: "checkCircle" },
  FAILED: { label: "Failed", tone: "bad", icon: "alert" },
  VOIDED: { label: "Not charged", tone: "neutral", icon: "ban" },
  PARTIALLY_REFUNDED: { label: "Refunded in part", tone: "neutral", icon: "return" },
  REFUNDED: { label: "Refunded", tone: "neutral", icon: "return" },
};

const STOCK: Record<string, Status> = {
  IN_STOCK: { label: "In stock", tone: "good", icon: "check" },
  LOW_STOCK: { label: "Few left", tone: "warning", icon: "clock" },
  OUT_OF_STOCK: { label: "Sold out", tone: "neutral", icon: "ban" },
};

const PRODUCT: Record<string, Status> = {
  DRAFT: { label: "Draft", tone: "neutral", icon: "doc" },
  ACTIVE: { label: "On sale", tone: "good", icon: "check" },
  ARCHIVED: { label: "Archived", tone: "neutral", icon: "inbox" },
};

const FULFILLMENT: Record<string, Status> = {
  UNFULFILLED: { label: "Not shipped", tone: "neutral", icon: "box" },
  PARTIAL: { label: "Shipped in part", tone: "active", icon: "truck" },
  SHIPPED: { label: "Shipped", tone: "active", icon: "truck" },
  DELIVERED: { label: "Delivered", tone: "good", icon: "box" },
};

/** Of one try to charge, or of one refund. */
const TRANSFER: Record<string, Status> = {
  PROCESSING: { label: "Being checked", tone: "active", icon: "clock" },
  PENDING: { label: "On its way", tone: "active", icon: "clock" },
  SUCCEEDED: { label: "Done", tone: "good", icon: "checkCircle" },
  DECLINED: { label: "Declined", tone: "bad", icon: "alert" },
  FAILED: { label: "Failed", tone: "bad", icon: "alert" },
  CANCELLED: { label: "Withdrawn", tone: "neutral", icon: "ban" },
};

const DEAD_LETTER: Record<string, Status> = {
  DEAD: { label: "Dead", tone: "bad", icon: "alert" },
  WAITING: { label: "Waiting", tone: "warning", icon: "clock" },
  DONE: { label: "Applied", tone: "good", icon: "checkCircle" },
};

const MOVEMENT: Record<string, Status> = {
  SALE: { label: "Sale", tone: "neutral", icon: "cart" },
  RETURN: { label: "Return", tone: "active", icon: "return" },
  COUNT: { label: "Count", tone: "neutral", icon: "doc" },
  ADJUSTMENT: { label: "Adjustment", tone: "neutral", icon: "layers" },
};

/** A state that this build does not know yet is shown by its name. */
function lookUp(table: Record<string, Status>, value: string): Status {
  const words = value.toLowerCase().replaceAll("_", " ");
  return table[value] ?? { label: words.charAt(0).toUpperCase() + words.slice(1), tone: "neutral", icon: "doc" };
}

export const orderStatus = (value: string) => lookUp(ORDER, value);
export const paymentStatus = (value: string) => lookUp(PAYMENT, value);
export const stockStatus = (value: string) => lookUp(STOCK, value);
export const productStatus = (value: string) => lookUp(PRODUCT, value);

export const fulfillmentStatus = (value: string) => lookUp(FULFILLMENT, value);
export const transferStatus = (value: string) => lookUp(TRANSFER, value);
export const deadLetterStatus = (value: string) => lookUp(DEAD_LETTER, value);
export const movementKind = (value: string) => lookUp(MOVEMENT, value);

/** A state as icon and words in one colour. */
export function StatusChip({ status, quiet = false }: { status: Status; quiet?: boolean }) {
  return (
    <Box
      component="span"
      sx={{
        display: "inline-flex",
        alignItems: "center",
        gap: 0.75,
        color: COLOUR[status.tone],
        fontSize: "0.875rem",
        fontWeight: 600,
        lineHeight: 1.5,
        whiteSpace: "nowrap",
        ...(!quiet && { border: 1, borderColor: "currentColor", borderRadius: "6px", px: 1, py: 0.25, bgcolor: "background.paper" }),
      }}
    >
      <Icon name={status.icon} sx={{ fontSize: "1.1em" }} />
      {status.label}
    </Box>
  );
}
