import { zodResolver } from "@hookform/resolvers/zod";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import { bodyWithTag } from "@waybill/shared/api/client";
import { hasCode } from "@waybill/shared/api/problem";
import { showFaults } from "@waybill/shared/forms/server-faults";
import { useApi } from "@waybill/shared/session/context";
import { useNotify } from "@waybill/shared/ui/notify";
import { ErrorNotice } from "@waybill/shared/ui/states";
import { useEffect, useState } from "react";
import { useForm } from "react-hook-form";
import { Card } from "../../panel/card";
import { Conflict } from "../../panel/conflict";
import { readProduct } from "../../panel/reads";
import { ProductFields } from "./product-fields";
import type { Tagged } from "./product-page";
import { changeOf, differencesOf, productValues, valuesOf, type ProductChange } from "./product-values";

interface Props {
  product: Tagged;
  onSaved: (product: Tagged) => void;
}

/** What I wanted to save, and what somebody else had saved by then. */
interface Clash {
  change: ProductChange;
  theirs: Tagged;
}

/** Changes a product, as long as nobody else did since it was read. */
export function ProductForm({ product, onSaved }: Props) {
  const api = useApi();
  const notify = useNotify();
  // The form stays with what was read when it was opened or saved last: a newer reading must not hide a conflict.
  const [base, setBase] = useState(product);
  const [clash, setClash] = useState<Clash | null>(null);
  const [error, setError] = useState<unknown>(null);
  const form = useForm({ resolver: zodResolver(productValues), mode: "onBlur", defaultValues: valuesOf(product.value) });
  const { isSubmitting, isDirty } = form.formState;

  const settle = (now: Tagged, words: string) => {
    setBase(now);
    setClash(null);
    form.reset(valuesOf(now.value));
    onSaved(now);
    notify(words);
  };
  // Somebody archived it by the button beside the form, which holds nothing of its own then.
  useEffect(() => {
    if (isDirty || product.tag === base.tag) return;
    setBase(product);
    form.reset(valuesOf(product.value));
  }, [product, base.tag, isDirty, form]);

  const save = async (change: ProductChange, tag: string | null) => {
    setError(null);
    try {
      const params = { path: { id: base.value.id }, header: { "If-Match": tag ?? "" } };
      settle(await bodyWithTag(api.PUT("/api/v1/products/{id}", { params, body: change })), "Saved.");
    } catch (failure) {
      if (hasCode(failure, "precondition_failed")) return await compare(change);
      showFaults(form, failure);
      setError(failure);
    }
  };

  const compare = async (change: ProductChange) => {
    try {
      const theirs = await readProduct(api, base.value.id);
      // The answer to an earlier try may have been lost: then what is there is what was wanted.
      if (differencesOf(change, theirs.value).length === 0) settle(theirs, "Saved.");
      else setClash({ change, theirs });
    } catch (failure) {
      setError(failure);
    }
  };

  const submit = form.handleSubmit((values) => {
    const change = changeOf(values, base.value);
    if (Object.keys(change).length === 0) return notify("Nothing is different.");
    return save(change, base.tag);
  });
  const keepMine = clash && form.handleSubmit((values) => save(changeOf(values, base.value), clash.theirs.tag));
  return (
    <Card title="Details">
      <Box component="form" noValidate aria-label="Product" onSubmit={(event) => void submit(event)} sx={{ display: "grid", gap: 2.5 }}>
        {error !== null && <ErrorNotice error={error} onRetry={() => void submit()} />}
        {clash && (
          <Conflict
            differences={differencesOf(clash.change, clash.theirs.value)}
            keepMine="Save mine over it"
            takeTheirs="Take theirs"
            busy={isSubmitting}
            onKeepMine={() => void keepMine?.()}
            onTakeTheirs={() => settle(clash.theirs, "This is the newest state.")}
          >
            This product was changed since you opened it. Nothing is saved yet, and what you typed is still below.
          </Conflict>
        )}
        <ProductFields control={form.control} />
        <Box sx={{ display: "flex", flexWrap: "wrap", gap: 1 }}>
          <Button type="submit" variant="contained" loading={isSubmitting} disabled={clash !== null}>
            Save
          </Button>
          {isDirty && (
            <Button color="inherit" onClick={() => form.reset(valuesOf(base.value))}>
              Undo my changes
            </Button>
          )}
        </Box>
      </Box>
    </Card>
  );
}
