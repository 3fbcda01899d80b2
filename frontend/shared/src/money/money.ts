import type { Money } from "../api/types";

interface CurrencyFormat {
  format: Intl.NumberFormat;
  digits: number;
}

/** Kept, since making one takes longer than drawing the amount: there are as many as currencies in use. */
const formats = new Map<string, CurrencyFormat>();

function formatOf(currency: string, language?: string): CurrencyFormat {
  const key = `${language} ${currency}`;
  let found = formats.get(key);
  if (!found) {
    const format = new Intl.NumberFormat(language, { style: "currency", currency });
    found = { format, digits: format.resolvedOptions().maximumFractionDigits ?? 2 };
    formats.set(key, found);
  }
  return found;
}

/** How many minor units make a unit: 100 for EUR, 1 for JPY, 1000 for KWD. */
export function minorPerUnit(currency: string): number {
  return 10 ** fractionDigits(currency);
}

export function fractionDigits(currency: string): number {
  return formatOf(currency).digits;
}

/** The amount as people of this language write it, such as `€19.99`. */
export function formatMoney(money: Money, language?: string): string {
  const { format, digits } = formatOf(money.currency, language);
  return format.format(money.amount_minor / 10 ** digits);
}

/** `quantity` times the amount. */
export function times(money: Money, quantity: number): Money {
  return { ...money, amount_minor: money.amount_minor * quantity };
}

/** The sum of amounts of one currency; null for none or for several currencies. */
export function sum(amounts: Money[]): Money | null {
  const [first] = amounts;
  if (!first || amounts.some((amount) => amount.currency !== first.currency)) return null;
  return { currency: first.currency, amount_minor: amounts.reduce((total, each) => total + each.amount_minor, 0) };
}

/** Digits, and after a point or a comma as many more as the currency has. */
const TYPED = /^(\d{1,12})(?:[.,](\d*))?$/;

/** What somebody typed, such as `19.99` or `19,9`, in minor units; null for what is no amount of this currency. */
export function minorOf(typed: string, currency: string): number | null {
  const [, whole, part = ""] = TYPED.exec(typed.trim()) ?? [];
  const digits = fractionDigits(currency);
  if (whole === undefined || part.length > digits) return null;
  const minor = Number(whole + part.padEnd(digits, "0"));
  return Number.isSafeInteger(minor) ? minor : null;
}

/** Minor units as one types them, such as `19.99`. */
export function typedAmount({ amount_minor, currency }: Money): string {
  return (amount_minor / minorPerUnit(currency)).toFixed(fractionDigits(currency));
}
