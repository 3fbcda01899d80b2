import type { components } from "./schema";

type Schemas = components["schemas"];

export type Address = Schemas["Address"];
export type Money = Omit<Schemas["Money"], "currency"> & { currency: string };
export type Order = Schemas["Order"];
export type OrderSummary = Schemas["OrderSummary"];
export type Payment = Schemas["Payment"];
export type ProblemDocument = Schemas["Problem"];
export type Fault = Schemas["Fault"];
export type Product = Schemas["Product"];
export type ProductStatus = Schemas["ProductStatus"];
export type PublicStock = Schemas["PublicStock"];
export type Refund = Schemas["Refund"];
export type Stock = Schemas["Stock"];
export type StockMovement = Schemas["StockMovement"];
/** A fact of an order; what its detail holds depends on the fact. */
export type TimelineEntry = Omit<Schemas["OrderFact"], "detail"> & { detail: Record<string, unknown> };
export type User = Schemas["User"];
export type SessionAnswer = Schemas["Session"];
export type Role = Schemas["Role"];

/** A record that a service could not apply, or one that waits behind such a one. */
export interface DeadLetter {
  /** `topic:partition:offset`. */
  id: string;
  topic: string;
  key: string | null;
  event_id: string | null;
  event_type: string | null;
  /** DEAD, WAITING (behind a dead one of the same key) or DONE (applied by a replay). */
  state: string;
  /** UNDECODABLE, PERMANENT or PANIC; null while waiting. */
  error_class: string | null;
  error: string | null;
  attempts: number;
  created_at: string;
  replayed_at: string | null;
  headers: [name: string, value: string][];
  payload_base64: string | null;
  /** The payload in readable form, where it decodes. */
  decoded: string | null;
}

/** One page of a list. */
export interface Page<T> {
  data: T[];
  has_more: boolean;
  next_cursor?: string | null;
}
