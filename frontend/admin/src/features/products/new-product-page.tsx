import { zodResolver } from "@hookform/resolvers/zod";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { body } from "@waybill/shared/api/client";
import { hasCode } from "@waybill/shared/api/problem";
import type { Product } from "@waybill/shared/api/types";
import { useApi } from "@waybill/shared/session/context";
import { useNotify } from "@waybill/shared/ui/notify";
import { ErrorNotice } from "@waybill/shared/ui/states";
import { useEffect } from "react";
import { useForm } from "react-hook-form";
import { Checking } from "../../panel/action-dialog";
import { Card } from "../../panel/card";
import { LinkButton } from "../../panel/links";
import { PageTop } from "../../panel/page-top";
import { useFaults } from "../../panel/use-faults";
import { useOnce } from "../../panel/use-once";
import { ProductFields } from "./product-fields";
import { NO_VALUES, newProductOf, productValues, type NewProduct } from "./product-values";

export function NewProductPage() {
  const api = useApi();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const notify = useNotify();
  const form = useForm({ resolver: zodResolver(productValues), mode: "onBlur", defaultValues: NO_VALUES });
  const { state, run } = useOnce<NewProduct, Product>({
    name: "create-product",
    send: (call) => body(api.POST("/api/v1/products", { params: { header: { "Idempotency-Key": call.key } }, body: call.body })),
    onDone: (product) => {
      void queries.invalidateQueries({ queryKey: ["products"] });
      notify(`${product.name} is created.`);
      void navigate({ to: "/products/$id", params: { id: product.id }, replace: true });
    },
  });
  useFaults(form, state);
  useEffect(() => {
    if (state.phase === "refused" && hasCode(state.error, "sku_taken")) form.setError("sku", { message: "This SKU is taken." }, { shouldFocus: true });
  }, [state, form]);
  const submit = form.handleSubmit((values) => run(newProductOf(values)));
  return (
    <Box sx={{ maxWidth: 760 }}>
      <PageTop title="New product" />
      <Card title="Details">
        <Box component="form" noValidate aria-label="New product" onSubmit={(event) => void submit(event)} sx={{ display: "grid", gap: 2.5 }}>
          {state.phase === "refused" && <ErrorNotice error={state.error} />}
          {state.phase === "checking" && <Checking />}
          <ProductFields control={form.control} isNew />
          <Box sx={{ display: "flex", flexWrap: "wrap", gap: 1 }}>
            <Button type="submit" variant="contained" loading={state.phase === "sending" || state.phase === "checking"}>
              Create product
            </Button>
            <LinkButton to="/products" color="inherit">
              Not now
            </LinkButton>
          </Box>
        </Box>
      </Card>
    </Box>
  );
}
