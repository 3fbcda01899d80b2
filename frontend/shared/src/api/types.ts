import type { components } from "./schema";

type Schemas = components["schemas"];

export type Address = Schemas["Address"];
export type Money = Omit<Schemas["Money"], "currency"> & { currency: string };
export type Order = Schemas["Order"];
export type Payment = Schemas["Payment"];
export type ProblemDocument = Schemas["Problem"];
export type Fault = Schemas["Fault"];
export type Product = Schemas["Product"];
export type PublicStock = Schemas["PublicStock"];
export type Stock = Schemas["Stock"];
/** A fact of an order; what its detail holds depends on the fact. */
export type TimelineEntry = Omit<Schemas["OrderFact"], "detail"> & { detail: Record<string, unknown> };
export type User = Schemas["User"];
export type SessionAnswer = Schemas["Session"];
export type Role = Schemas["Role"];

/** One page of a list. */
export interface Page<T> {
  data: T[];
  has_more: boolean;
  next_cursor?: string | null;
}
