import type { Address } from "@waybill/shared/api/types";
import * as z from "zod";

const line = (max: number, missing: string) => z.string().trim().min(1, missing).max(max, `Use ${max} characters at most.`);

/** Where the parcel goes; the limits are the server's. */
export const deliverySchema = z.object({
  name: line(200, "Enter the name on the door."),
  line1: line(200, "Enter street and number."),
  line2: z.string().trim().max(200, "Use 200 characters at most."),
  postal_code: line(20, "Enter the postal code."),
  city: line(100, "Enter the town."),
  country: z.string().length(2, "Choose a country."),
});

export type Delivery = z.infer<typeof deliverySchema>;

/** What was typed outlives a reload, and ends with the tab. */
const DRAFT = "waybill.delivery";

export function loadDraft(name: string): Delivery {
  const blank = { name, line1: "", line2: "", postal_code: "", city: "", country: "DE" };
  try {
    return { ...blank, ...(JSON.parse(sessionStorage.getItem(DRAFT) ?? "{}") as Partial<Delivery>) };
  } catch {
    return blank;
  }
}

export function saveDraft(draft: Partial<Delivery>): void {
  sessionStorage.setItem(DRAFT, JSON.stringify(draft));
}

export function addressOf({ line2, ...rest }: Delivery): Address {
  return line2 ? { ...rest, line2 } : rest;
}

const CODES = ["AT", "BE", "CH", "CZ", "DE", "DK", "ES", "FI", "FR", "GB", "IE", "IT", "LU", "NL", "NO", "PL", "PT", "SE", "US"];

/** Where we post to, by the names of the countries. */
export function countries(): { code: string; name: string }[] {
  const names = new Intl.DisplayNames(undefined, { type: "region" });
  const all = CODES.map((code) => ({ code, name: names.of(code) ?? code }));
  return all.sort((one, other) => one.name.localeCompare(other.name));
}
