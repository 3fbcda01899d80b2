import type { Money, Order, TimelineEntry, User } from "@waybill/shared/api/types";
import { formatDuration, formatMoment } from "@waybill/shared/dates/dates";
import { formatMoney } from "@waybill/shared/money/money";
import type { IconName } from "@waybill/shared/ui/icon";
import type { Tone } from "@waybill/shared/ui/status-chip";

/** A fact of an order as staff read it. */
export interface SagaStep {
  at: string;
  /** How long after the one before; null for the first. */
  after: string | null;
  /** The stable name of the event. */
  fact: string;
  title: string;
  icon: IconName;
  tone: Tone;
  /** The service that said so, and whoever made it. */
  said: string;
  details: [name: string, value: string][];
}

const WORDS: Record<string, [title: string, icon: IconName, tone: Tone]> = {
  created: ["Order placed", "doc", "good"],
  stock_reserved: ["Stock held", "box", "good"],
  stock_rejected: ["Not enough stock", "ban", "bad"],
  stock_committed: ["Stock sold", "box", "good"],
  stock_lost: ["Stock given away before the payment came", "ban", "bad"],
  payment_initiated: ["Payment begun", "card", "active"],
  payment_unknown: ["The gateway did not answer; it is being asked", "clock", "warning"],
  payment_captured: ["Payment captured", "checkCircle", "good"],
  payment_failed: ["Payment ended without money", "alert", "bad"],
  refunded: ["Money given back", "return", "neutral"],
  refund_failed: ["A refund was refused", "alert", "bad"],
  cancel_requested: ["Cancelled", "ban", "neutral"],
  shipped: ["Shipped", "truck", "good"],
  delivered: ["Delivered", "home", "good"],
};

/** All facts of an order, oldest first, with the time that passed between them. */
export function sagaOf(facts: TimelineEntry[], order: Order, viewer: User | null): SagaStep[] {
  return facts.map((entry, index) => {
    const before = facts[index - 1];
    const [title, icon, tone] = WORDS[entry.fact] ?? [sentence(entry.fact), "doc", "neutral"];
    const after = before ? formatDuration(Math.max(0, timeOf(entry) - timeOf(before))) : null;
    return { at: entry.at, after, fact: entry.fact, title, icon, tone, said: saidBy(entry, order, viewer), details: detailsOf(entry) };
  });
}

const timeOf = (entry: TimelineEntry) => new Date(entry.at).getTime();

function sentence(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function saidBy({ service, actor }: TimelineEntry, { customer }: Order, viewer: User | null): string {
  if (actor.type === "SERVICE") return actor.id === service ? `${service} service` : `${service} service, by the ${actor.id} service`;
  if (actor.type === "SYSTEM") return `${service} service, by a timer`;
  const person = actor.id === viewer?.id ? "you" : actor.id === customer.user_id ? `${customer.name}, the customer` : (actor.id ?? "somebody");
  return `${service} service, by ${person}`;
}

function detailsOf({ detail }: TimelineEntry): [string, string][] {
  const known = Object.entries(detail).filter(([, value]) => value !== null && value !== "");
  return known.map(([name, value]) => [sentence(name), valueWords(value)]);
}

interface ShortLine {
  sku: string;
  requested: number;
  available: number;
}

const ISO_TIME = /^\d{4}-\d{2}-\d{2}T/;

function valueWords(value: unknown): string {
  if (typeof value === "string") return ISO_TIME.test(value) ? formatMoment(value) : value;
  if (Array.isArray(value)) return (value as ShortLine[]).map(({ sku, requested, available }) => `${sku}: ${requested} wanted, ${available} there`).join("; ");
  if (typeof value === "object" && value !== null && "amount_minor" in value) return formatMoney(value as Money);
  return String(value);
}
