import type { FieldPath, FieldValues, UseFormReturn } from "react-hook-form";
import { ProblemError } from "../api/problem";

/** The field that a pointer such as `#/items/0/quantity` means, in the form's notation; null for the whole body. */
export function fieldOf(pointer: string | null | undefined): string | null {
  if (!pointer?.startsWith("#/")) return null;
  const parts = pointer.slice(2).split("/");
  return parts.map((part) => decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~")).join(".");
}

/**
 * Shows the server's faults at their fields, all at once, and moves the focus to the first.
 * @returns true when every fault has found a field; else the error is to be shown above the form as well.
 */
export function showFaults<T extends FieldValues>(form: UseFormReturn<T>, error: unknown, prefix = ""): boolean {
  if (!(error instanceof ProblemError) || error.faults.length === 0) return false;
  const known = form.getValues();
  let all = true;
  let focused = false;
  for (const fault of error.faults) {
    const field = fieldOf(fault.pointer);
    const name = field?.startsWith(prefix) ? field.slice(prefix.length) : null;
    if (name === null || !hasField(known, name)) {
      all = false;
      continue;
    }
    form.setError(name as FieldPath<T>, { type: fault.code, message: fault.detail }, { shouldFocus: !focused });
    focused = true;
  }
  return all;
}

function hasField(values: FieldValues, name: string): boolean {
  let at: unknown = values;
  for (const part of name.split(".")) {
    if (typeof at !== "object" || at === null || !(part in at)) return false;
    at = (at as Record<string, unknown>)[part];
  }
  return true;
}
