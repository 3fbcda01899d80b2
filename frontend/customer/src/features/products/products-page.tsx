import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Container from "@mui/material/Container";
import Typography from "@mui/material/Typography";
import { useInfiniteQuery, type UseInfiniteQueryResult } from "@tanstack/react-query";
import type { Product } from "@waybill/shared/api/types";
import { useApi } from "@waybill/shared/session/context";
import { EmptyState, ErrorNotice } from "@waybill/shared/ui/states";
import { QueryView } from "@waybill/shared/ui/query-view";
import { useEffect, useRef } from "react";
import { productPages } from "../../shop/products";
import { Hero } from "./hero";
import { ProductCard, ProductCardSkeleton } from "./product-card";

/** As many pictures as fit above the fold are fetched at once. */
const EAGER_PICTURES = 4;
const GRID = { display: "grid", listStyle: "none", p: 0, m: 0, columnGap: { xs: 2, md: 3 }, rowGap: { xs: 4, md: 5 }, gridTemplateColumns: { xs: "repeat(2, minmax(0, 1fr))", sm: "repeat(auto-fill, minmax(240px, 1fr))" } } as const;

export function ProductsPage() {
  const query = useInfiniteQuery(productPages(useApi()));
  return (
    <>
      <Hero />
      <Container maxWidth="lg" sx={{ pt: { xs: 4, md: 6 } }}>
        <Typography variant="h2" sx={{ mb: 3 }}>
          Everything we sell
        </Typography>
        <QueryView query={query} skeleton={SKELETON}>
          {({ pages }) => <Grid query={query} products={pages.flatMap((page) => page.data)} />}
        </QueryView>
      </Container>
    </>
  );
}

interface GridProps {
  query: Pick<UseInfiniteQueryResult, "hasNextPage" | "isFetchingNextPage" | "isFetchNextPageError" | "error" | "fetchNextPage">;
  products: Product[];
}

function Grid({ query, products }: GridProps) {
  const list = useRef<HTMLUListElement>(null);
  useFocusOnMore(list, products.length);
  if (products.length === 0) {
    return (
      <EmptyState icon="box" title="The shelves are empty">
        Nothing is for sale at the moment. Come back a little later.
      </EmptyState>
    );
  }
  return (
    <>
      <Box component="ul" ref={list} sx={GRID}>
        {products.map((product, index) => (
          <ProductCard key={product.id} product={product} eager={index < EAGER_PICTURES} />
        ))}
      </Box>
      <Box sx={{ mt: 5, display: "grid", justifyItems: "center", gap: 2 }}>
        <Typography role="status" color="textSecondary" variant="body2">
          {query.hasNextPage ? `${products.length} products so far` : products.length === 1 ? "One product" : `All ${products.length} products`}
        </Typography>
        {query.isFetchNextPageError && <ErrorNotice error={query.error} />}
        {query.hasNextPage && (
          <Button variant="outlined" size="large" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Show more
          </Button>
        )}
      </Box>
    </>
  );
}

/** After "Show more" a keyboard goes on at the first product that is new. */
function useFocusOnMore(list: { current: HTMLElement | null }, count: number): void {
  const before = useRef(count);
  useEffect(() => {
    if (before.current > 0 && count > before.current) {
      list.current?.children[before.current]?.querySelector("a")?.focus({ preventScroll: true });
    }
    before.current = count;
  }, [count, list]);
}

function GridSkeleton() {
  return (
    <Box sx={GRID}>
      {Array.from({ length: 8 }, (_, index) => (
        <ProductCardSkeleton key={index} />
      ))}
    </Box>
  );
}

/** One and the same, so that it is not drawn anew when the page is. */
const SKELETON = <GridSkeleton />;
