import type { Money, Order, TimelineEntry } from "@waybill/shared/api/types";
import { formatMoney } from "@waybill/shared/money/money";
import { formatMoment } from "@waybill/shared/dates/dates";
import type { IconName } from "@waybill/shared/ui/icon";
import type { Tone } from "@waybill/shared/ui/status-chip";
import { declineWords } from "../../shop/test-cards";

/** A step of an order as its buyer reads it. */
export interface Step {
  /** Null while it has not happened. */
  at: string | null;
  title: string;
  text: string | null;
  icon: IconName;
  tone: Tone;
}

type Words = Omit<Step, "at">;
type Teller = (detail: Record<string, unknown>, order: Order) => Words | null;

function step(icon: IconName, tone: Tone, title: string, text: string | null = null): Words {
  return { icon, tone, title, text };
}

function amount(value: unknown): string {
  return typeof value === "object" && value !== null && "amount_minor" in value ? formatMoney(value as Money) : "The money";
}

function word(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

const TELLERS: Record<string, Teller> = {
  created: () => step("doc", "good", "We have your order"),
  stock_reserved: (detail, order) => {
    const until = word(detail["payment_deadline"]) ?? word(detail["expires_at"]);
    const waits = order.status === "PAYMENT_PENDING" && until;
    return step("box", "good", "Set aside for you", waits ? `Pay until ${formatMoment(until)}.` : null);
  },
  stock_rejected: () => step("ban", "bad", "Sold out before we could set it aside"),
  stock_lost: () => step("ban", "bad", "The goods were given away before the payment came"),
  payment_unknown: () => step("clock", "warning", "The bank did not answer in time", "We ask until we know. You are never charged twice."),
  payment_captured: (detail) => step("card", "good", `${amount(detail["captured"])} paid`),
  payment_failed: (detail) => {
    if (detail["reason"] !== "declined") return null;
    return step("alert", "bad", "The payment did not work out", declineWords(word(detail["decline_code"])));
  },
  refunded: (detail) => step("return", "good", `${amount(detail["total"])} paid back`),
  refund_failed: () => step("alert", "warning", "Paying back takes longer", "Your bank refused it. We look after it by hand."),
  cancel_requested: (detail) => {
    const by = detail["by"] === "buyer" ? "Cancelled by you" : detail["by"] === "admin" ? "Cancelled by us" : "Cancelled";
    return step("ban", "neutral", by, word(detail["note"]));
  },
  shipped: (detail) => {
    const parcel = [word(detail["carrier"]), word(detail["tracking_number"])].filter(Boolean).join(" ");
    return step("truck", "good", "On its way", parcel || null);
  },
  delivered: () => step("home", "good", "Delivered"),
};

const TO_COME: Record<string, Words[]> = {
  CREATED: [step("box", "neutral", "Set aside for you"), step("card", "neutral", "Paid"), step("truck", "neutral", "On its way"), step("home", "neutral", "Delivered")],
  PAYMENT_PENDING: [step("card", "neutral", "Paid"), step("truck", "neutral", "On its way"), step("home", "neutral", "Delivered")],
  PAID: [step("truck", "neutral", "On its way"), step("home", "neutral", "Delivered")],
  SHIPPED: [step("home", "neutral", "Delivered")],
};

/** What happened to an order, oldest first, and what is still to come. Facts that say nothing to a buyer are left out. */
export function storyOf(order: Order, facts: TimelineEntry[]): Step[] {
  const told = facts.flatMap(({ at, fact, detail }) => {
    const words = TELLERS[fact]?.(detail, order);
    return words ? [{ at, ...words }] : [];
  });
  const toCome = (TO_COME[order.status] ?? []).map((words) => ({ at: null, ...words }));
  return [...told, ...toCome];
}

/** Why an order was cancelled, and where its money is. */
export function cancelledWords(order: Order): { title: string; text: string } {
  const titles: Record<string, string> = {
    OUT_OF_STOCK: "This sold out before we could set it aside",
    PAYMENT_FAILED: "The payment did not work out",
    EXPIRED: "The time to pay has run out",
    BUYER: "You cancelled this order",
    ADMIN: "We had to cancel this order",
    LATE_PAYMENT: "The payment came too late",
  };
  const money: Record<string, string> = {
    PAID: "Your money is on its way back.",
    PROCESSING: "If anything was charged, it comes back by itself.",
    PARTIALLY_REFUNDED: "The rest of your money is on its way back.",
    REFUNDED: `${formatMoney(order.total as Money)} went back to your card.`,
  };
  return { title: titles[order.cancel_reason ?? ""] ?? "This order is cancelled", text: money[order.payment_status] ?? "Nothing was charged." };
}
