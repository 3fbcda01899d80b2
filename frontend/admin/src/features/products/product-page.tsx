import Box from "@mui/material/Box";
import Skeleton from "@mui/material/Skeleton";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { hasCode } from "@waybill/shared/api/problem";
import type { Product } from "@waybill/shared/api/types";
import { useApi, useSessionState } from "@waybill/shared/session/context";
import { MONO } from "@waybill/shared/theme/theme";
import { Icon } from "@waybill/shared/ui/icon";
import { Moment } from "@waybill/shared/ui/moment";
import { QueryView } from "@waybill/shared/ui/query-view";
import { EmptyState } from "@waybill/shared/ui/states";
import { StatusChip, productStatus } from "@waybill/shared/ui/status-chip";
import { Forbidden } from "../../panel/forbidden";
import { LinkButton } from "../../panel/links";
import { PageTop } from "../../panel/page-top";
import { readProduct } from "../../panel/reads";
import { ArchiveProduct } from "./archive-product";
import { ProductForm } from "./product-form";

/** A product as it was read, with the tag that a change of it names. */
export interface Tagged {
  value: Product;
  tag: string | null;
}

export function ProductPage() {
  const { id } = useParams({ from: "/staff/products/$id" });
  const api = useApi();
  const queries = useQueryClient();
  const { user } = useSessionState();
  const query = useQuery({ queryKey: ["product", id], queryFn: () => readProduct(api, id), refetchOnWindowFocus: false });
  if (!query.data && hasCode(query.error, "not_found")) return <NoSuchProduct />;
  const keep = (product: Tagged) => {
    queries.setQueryData(["product", id], product);
    void queries.invalidateQueries({ queryKey: ["products"] });
  };
  return (
    <QueryView page query={query} skeleton={<Skeleton variant="rounded" height={480} sx={{ maxWidth: 760 }} />}>
      {(product) =>
        user?.roles.includes("ADMIN") || product.value.seller_id === user?.seller_id ? (
          <Sheet product={product} onSaved={keep} onReread={() => void query.refetch()} />
        ) : (
          <Forbidden>This product belongs to another seller.</Forbidden>
        )
      }
    </QueryView>
  );
}

interface SheetProps {
  product: Tagged;
  onSaved: (product: Tagged) => void;
  onReread: () => void;
}

function Sheet({ product, onSaved, onReread }: SheetProps) {
  const { value } = product;
  const actions = (
    <>
      <LinkButton to="/inventory/$sku" params={{ sku: value.sku }} size="small" variant="outlined" color="inherit" startIcon={<Icon name="layers" />}>
        Stock
      </LinkButton>
      {value.status !== "ARCHIVED" && <ArchiveProduct product={product} onArchived={onReread} />}
    </>
  );
  return (
    <Box sx={{ maxWidth: 760 }}>
      <PageTop title={value.name} mark={<StatusChip status={productStatus(value.status)} />} actions={actions}>
        <Box sx={{ color: "text.secondary", mt: 0.5 }}>
          <Box component="span" sx={{ fontFamily: MONO, fontSize: "0.9375rem" }}>
            {value.sku}
          </Box>
          , changed <Moment at={value.updated_at} as="ago" />
        </Box>
      </PageTop>
      <ProductForm key={value.id} product={product} onSaved={onSaved} />
    </Box>
  );
}

function NoSuchProduct() {
  return (
    <EmptyState page icon="search" title="There is no such product" action={<LinkButton to="/products" variant="contained">Products</LinkButton>}>
      The address may have a mistake in it, or it is another seller's.
    </EmptyState>
  );
}
