import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import TextField from "@mui/material/TextField";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { Product } from "@waybill/shared/api/types";
import { useApi } from "@waybill/shared/session/context";
import { MONO } from "@waybill/shared/theme/theme";
import { Icon } from "@waybill/shared/ui/icon";
import { Moment } from "@waybill/shared/ui/moment";
import { MoneyText } from "@waybill/shared/ui/money-text";
import { QueryView } from "@waybill/shared/ui/query-view";
import { EmptyState } from "@waybill/shared/ui/states";
import { StatusChip, productStatus } from "@waybill/shared/ui/status-chip";
import { useEffect, useState } from "react";
import { PRODUCT_STATUSES, productSearch, type ProductSearch } from "../../panel/addresses";
import { Choice } from "../../panel/choice";
import { COVERS_ROW, DataTable, TableSkeleton, type Column } from "../../panel/data-table";
import { LinkButton, TextLink } from "../../panel/links";
import { PageTop } from "../../panel/page-top";
import { Pager, useTrail } from "../../panel/pager";
import { readProducts } from "../../panel/reads";

/** The products that the caller may change: a seller's own, an administrator's all. */
export function ProductsPage() {
  const search = useSearch({ from: "/staff/products" });
  const navigate = useNavigate({ from: "/products" });
  const api = useApi();
  const trail = useTrail();
  const query = useQuery({ queryKey: ["products", search], queryFn: () => readProducts(api, search) });
  const filtered = Boolean(search.status ?? search.sku);
  const create = (
    <LinkButton to="/products/new" variant="contained" size="small" startIcon={<Icon name="plus" />}>
      New product
    </LinkButton>
  );
  return (
    <>
      <PageTop title="Products" actions={create} />
      <Filters search={search} onChange={(wanted) => void navigate({ search: wanted })} />
      <QueryView query={query} skeleton={<TableSkeleton rows={12} />}>
        {(page) => (
          <>
            {page.data.length > 0 ? <ProductTable products={page.data} /> : <NoProducts filtered={filtered} />}
            <Pager trail={trail} cursor={search.cursor} page={page} onGo={(cursor) => void navigate({ search: { ...search, cursor } })} />
          </>
        )}
      </QueryView>
    </>
  );
}

const COLUMNS: Column<Product>[] = [
  {
    name: "Product",
    main: true,
    cell: (product) => (
      <TextLink to="/products/$id" params={{ id: product.id }} color="inherit" underline="hover" sx={COVERS_ROW}>
        {product.name}
      </TextLink>
    ),
  },
  { name: "SKU", cell: (product) => <Box component="span" sx={{ fontFamily: MONO, fontSize: "0.875rem" }}>{product.sku}</Box> },
  { name: "Status", cell: (product) => <StatusChip status={productStatus(product.status)} /> },
  { name: "Changed", cell: (product) => <Moment at={product.updated_at} as="ago" /> },
  { name: "Price", numeric: true, cell: (product) => <MoneyText value={product.price} /> },
];

export function ProductTable({ products }: { products: Product[] }) {
  return <DataTable label="Products" columns={COLUMNS} rows={products} rowKey={(product) => product.id} />;
}

const STATUSES = [["", "Any"], ...PRODUCT_STATUSES.map((status) => [status, productStatus(status).label] as const)] as const;
const SKU_LENGTH_MAX = 64;

function Filters({ search, onChange }: { search: ProductSearch; onChange: (search: ProductSearch) => void }) {
  const [sku, setSku] = useState(search.sku ?? "");
  useEffect(() => setSku(search.sku ?? ""), [search.sku]);
  const change = (wanted: Record<string, unknown>) => onChange({ ...productSearch({ ...search, ...wanted }), cursor: undefined });
  return (
    <Box
      component="form"
      role="search"
      aria-label="Products"
      onSubmit={(event) => {
        event.preventDefault();
        change({ sku: sku.trim() });
      }}
      sx={{ display: "flex", flexWrap: "wrap", gap: 1.5, alignItems: "center", mb: 2 }}
    >
      <TextField size="small" label="SKU" value={sku} onChange={(event) => setSku(event.target.value)} slotProps={{ htmlInput: { maxLength: SKU_LENGTH_MAX, spellCheck: false }, inputLabel: { shrink: true } }} sx={{ width: { xs: "100%", sm: 220 } }} />
      <Choice label="Status" value={search.status ?? ""} options={STATUSES} onChange={(status) => change({ status })} />
      <Button type="submit" size="small" variant="outlined" startIcon={<Icon name="search" />}>
        Search
      </Button>
      {(search.status ?? search.sku) && (
        <Button size="small" color="inherit" startIcon={<Icon name="close" />} onClick={() => onChange({})}>
          Clear filters
        </Button>
      )}
    </Box>
  );
}

export function NoProducts({ filtered }: { filtered: boolean }) {
  if (filtered) {
    return (
      <EmptyState icon="search" title="No products match" action={<LinkButton to="/products" search={{}} variant="outlined">Clear the filters</LinkButton>}>
        SKUs are searched whole, in upper and lower case as they are.
      </EmptyState>
    );
  }
  return (
    <EmptyState icon="box" title="No products yet" action={<LinkButton to="/products/new" variant="contained">New product</LinkButton>}>
      What you sell is listed here. A draft is seen by nobody but you.
    </EmptyState>
  );
}
