import type { Money } from "../api/types";

/** What an invented service answers. */
export interface Answer {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

/** A request, as far as invented services look at it. */
export interface Call {
  method: string;
  /** Below `/api/v1`, decoded. */
  parts: string[];
  query: URLSearchParams;
  body: unknown;
  headers: Headers;
}

export const NOW = "2026-11-21T10:36:00Z";

export const euro = (amount_minor: number): Money & { currency: "EUR" } => ({ amount_minor, currency: "EUR" });

export function found(body: unknown): Answer | null {
  return body === undefined ? null : { status: 200, body };
}

export function page(all: unknown[], query: URLSearchParams): Answer {
  const from = Number(query.get("cursor") ?? 0);
  const to = from + Number(query.get("limit") ?? 20);
  const more = to < all.length;
  return { status: 200, body: { data: all.slice(from, to), has_more: more, next_cursor: more ? String(to) : null } };
}

export function json({ status, body, headers }: Answer): Response {
  const type = status >= 400 ? "application/problem+json" : "application/json";
  if (status === 204) return new Response(null, { status, headers });
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": type, ...headers } });
}

/** A refusal in the form of the services. */
export function problem(status: number, code: string, title: string, more: object = {}): Answer {
  return { status, body: { type: `/problems/${code}`, title, status, detail: "", instance: "", code, trace_id: "4bf92f3577b34da6a3ce929d0e0e4736", ...more } };
}

export function refuse(status: number, code: string, title: string, more: object = {}): Response {
  return json(problem(status, code, title, more));
}
