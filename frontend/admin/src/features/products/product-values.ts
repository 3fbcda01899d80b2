import type { components } from "@waybill/shared/api/schema";
import type { Product } from "@waybill/shared/api/types";
import { formatMoney, minorOf, typedAmount } from "@waybill/shared/money/money";
import { productStatus } from "@waybill/shared/ui/status-chip";
import * as z from "zod";
import { PRODUCT_STATUSES } from "../../panel/addresses";
import type { Difference } from "../../panel/conflict";

type Currency = components["schemas"]["Currency"];
export type NewProduct = components["schemas"]["NewProduct"];
export type ProductChange = components["schemas"]["ProductChange"];

/** The service's limits. */
const SKU = /^[A-Za-z0-9._-]{1,64}$/;
const NAME_LENGTH_MAX = 200;
const DESCRIPTION_LENGTH_MAX = 5_000;
const PRICE_MINOR_MAX = 9_999_999_999;
const IMAGE = /^(https?:\/\/[^\s/?#\\"<>]+([/?#][^\s\\"<>]*)?|\/([^\s/\\"<>][^\s\\"<>]*)?)$/;
const IMAGE_LENGTH_MAX = 2_000;

export const CURRENCIES: readonly Currency[] = ["EUR", "USD", "GBP", "CHF", "AED", "AUD", "BGN", "BRL", "CAD", "CLP", "CNY", "CZK", "DKK", "HKD", "HUF", "ILS", "INR", "ISK", "JPY", "KRW", "KWD", "MXN", "NOK", "NZD", "PLN", "RON", "SAR", "SEK", "SGD", "THB", "TRY", "UAH", "VND", "ZAR"];

/** Has the shape of the request, so that the server's faults find their fields; the amount is text until it is sent. */
export const productValues = z
  .object({
    sku: z.string().regex(SKU, "Letters, digits, dots, dashes and underscores, at most 64."),
    name: z.string().max(NAME_LENGTH_MAX, `At most ${NAME_LENGTH_MAX} characters.`).regex(/\S/, "Enter a name."),
    description: z.string().max(DESCRIPTION_LENGTH_MAX, `At most ${DESCRIPTION_LENGTH_MAX} characters.`),
    price: z.object({ amount_minor: z.string(), currency: z.enum(CURRENCIES) }),
    status: z.enum(PRODUCT_STATUSES),
    image_url: z.union([z.literal(""), z.string().max(IMAGE_LENGTH_MAX).regex(IMAGE, "An address that begins with https://, or a path such as /pictures/mug.svg.")], "An address that begins with https://, or a path such as /pictures/mug.svg."),
  })
  .superRefine(({ price }, context) => {
    const minor = minorOf(price.amount_minor, price.currency);
    if (minor !== null && minor > 0 && minor <= PRICE_MINOR_MAX) return;
    context.addIssue({ code: "custom", path: ["price", "amount_minor"], message: "Enter a price above zero, such as 12.50." });
  });

export type ProductValues = z.infer<typeof productValues>;

export const NO_VALUES: ProductValues = { sku: "", name: "", description: "", price: { amount_minor: "", currency: "EUR" }, status: "DRAFT", image_url: "" };

export function valuesOf(product: Product): ProductValues {
  const { sku, name, description, price, status, image_url } = product;
  return { sku, name, description, price: { amount_minor: typedAmount(price), currency: price.currency }, status, image_url: image_url ?? "" };
}

function priceOf({ price }: ProductValues) {
  return { amount_minor: minorOf(price.amount_minor, price.currency) ?? 0, currency: price.currency };
}

export function newProductOf(values: ProductValues): NewProduct {
  const { sku, name, description, status, image_url } = values;
  return { sku, name, price: priceOf(values), status, ...(description && { description }), ...(image_url && { image_url }) };
}

/** What is different from the product as it was read: nothing else is sent, so that nothing else is overwritten. */
export function changeOf(values: ProductValues, read: Product): ProductChange {
  const before = valuesOf(read);
  const change: ProductChange = {};
  if (values.name !== before.name) change.name = values.name;
  if (values.description !== before.description) change.description = values.description;
  const price = priceOf(values);
  if (price.amount_minor !== read.price.amount_minor || price.currency !== read.price.currency) change.price = price;
  if (values.status !== before.status) change.status = values.status;
  if (values.image_url !== before.image_url) change.image_url = values.image_url || null;
  return change;
}

const FIELDS: [keyof ProductChange, string, (product: ProductChange | Product) => string][] = [
  ["name", "Name", ({ name }) => name ?? ""],
  ["description", "Description", ({ description }) => description ?? ""],
  ["price", "Price", ({ price }) => (price ? formatMoney(price) : "")],
  ["status", "Status", ({ status }) => (status ? productStatus(status).label : "")],
  ["image_url", "Picture", ({ image_url }) => image_url ?? ""],
];

/** Where what I want to save is not what is there now. */
export function differencesOf(change: ProductChange, theirs: Product): Difference[] {
  const rows = FIELDS.filter(([name]) => name in change).map(([, field, words]) => ({ field, mine: words(change), theirs: words(theirs) }));
  return rows.filter(({ mine, theirs: other }) => mine !== other);
}
