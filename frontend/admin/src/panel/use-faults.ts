import { showFaults } from "@waybill/shared/forms/server-faults";
import { useEffect } from "react";
import type { FieldValues, UseFormReturn } from "react-hook-form";
import type { OnceState } from "./use-once";

/** Shows what the server found wrong at the fields of a form. */
export function useFaults<T extends FieldValues>(form: UseFormReturn<T>, state: OnceState): void {
  const error = state.phase === "refused" ? state.error : null;
  useEffect(() => {
    if (error !== null) showFaults(form, error);
  }, [form, error]);
}
