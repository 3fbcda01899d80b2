import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Container from "@mui/material/Container";
import Skeleton from "@mui/material/Skeleton";
import Typography from "@mui/material/Typography";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { hasCode } from "@waybill/shared/api/problem";
import type { Product } from "@waybill/shared/api/types";
import { useApi } from "@waybill/shared/session/context";
import { MONO } from "@waybill/shared/theme/theme";
import { Icon } from "@waybill/shared/ui/icon";
import { MoneyText } from "@waybill/shared/ui/money-text";
import { PageHeading } from "@waybill/shared/ui/page-heading";
import { QueryView } from "@waybill/shared/ui/query-view";
import { EmptyState } from "@waybill/shared/ui/states";
import { useState } from "react";
import { LinkButton, TextLink } from "../../shop/link-button";
import { ProductPicture } from "../../shop/product-picture";
import { productById } from "../../shop/products";
import { QuantityStepper } from "../../shop/quantity-stepper";
import { StockHint, useStock } from "../../shop/stock-hint";
import { useAddToCart } from "./use-add-to-cart";

const COLUMNS = { display: "grid", gap: { xs: 3, md: 7 }, gridTemplateColumns: { md: "minmax(0, 1.1fr) minmax(0, 1fr)" }, alignItems: "start" } as const;

export function ProductPage() {
  const { id } = useParams({ from: "/products/$id" });
  const query = useQuery(productById(useApi(), id));
  return (
    <Container maxWidth="lg" sx={{ pt: 3 }}>
      <Box component="nav" aria-label="Where you are" sx={{ mb: 3 }}>
        <TextLink to="/" color="textSecondary" sx={{ display: "inline-flex", alignItems: "center", gap: 0.5, py: 1 }}>
          <Icon name="back" fontSize="small" /> All products
        </TextLink>
      </Box>
      {hasCode(query.error, "not_found") ? (
        <Gone />
      ) : (
        <QueryView page query={query} skeleton={SKELETON}>
          {(product) => <Sheet product={product} />}
        </QueryView>
      )}
    </Container>
  );
}

function Sheet({ product }: { product: Product }) {
  const [image] = product.images;
  return (
    <Box component="article" sx={COLUMNS}>
      <ProductPicture url={image?.url ?? product.image_url} alt={image?.alt ?? product.name} eager />
      <Box>
        <Typography variant="overline" component="p" color="textSecondary">
          {product.sku}
        </Typography>
        <PageHeading sx={{ mt: 1 }}>{product.name}</PageHeading>
        <Typography sx={{ mt: 2, fontSize: "1.5rem", fontWeight: 600 }}>
          <MoneyText value={product.price} />
        </Typography>
        <Typography variant="body2" color="textSecondary">
          including tax
        </Typography>
        <Typography sx={{ mt: 3, fontSize: "1.125rem", maxWidth: "56ch", whiteSpace: "pre-line" }}>{product.description}</Typography>
        <Buy product={product} />
        <Promises />
      </Box>
    </Box>
  );
}

function Buy({ product }: { product: Product }) {
  const [quantity, setQuantity] = useState(1);
  const add = useAddToCart();
  const reading = useStock(product.sku);
  const stock = reading.data;
  const soldOut = stock?.availability === "OUT_OF_STOCK";
  return (
    <Box sx={{ mt: 4, display: "grid", gap: 2, justifyItems: "start" }}>
      <StockHint stock={reading} />
      <Box sx={{ display: "flex", flexWrap: "wrap", gap: 1.5, width: "100%" }}>
        {!soldOut && <QuantityStepper value={Math.min(quantity, stock?.left ?? quantity)} onChange={setQuantity} of={product.name} max={stock?.left ?? undefined} />}
        <Button variant="contained" size="large" disabled={soldOut} onClick={() => add(product, Math.min(quantity, stock?.left ?? quantity))} startIcon={<Icon name={soldOut ? "ban" : "cart"} />} sx={{ flex: "1 1 220px", maxWidth: 360 }}>
          {soldOut ? "Sold out" : "Add to cart"}
        </Button>
      </Box>
      {soldOut && <Typography color="textSecondary">It comes back as soon as the next delivery is counted.</Typography>}
    </Box>
  );
}

const PROMISES = [
  { icon: "box", text: "Set aside for you the moment you order" },
  { icon: "return", text: "Taken back by one click for a minute after payment" },
  { icon: "truck", text: "Followed from our shelf to your door" },
] as const;

function Promises() {
  return (
    <Box component="ul" sx={{ listStyle: "none", p: 0, m: 0, mt: 4, pt: 3, borderTop: "1.5px dashed", borderColor: "divider", display: "grid", gap: 1.25, color: "text.secondary" }}>
      {PROMISES.map(({ icon, text }) => (
        <Box component="li" key={icon} sx={{ display: "flex", gap: 1.25, alignItems: "center" }}>
          <Icon name={icon} fontSize="small" /> {text}
        </Box>
      ))}
    </Box>
  );
}

function Gone() {
  return (
    <EmptyState page icon="search" title="This is not for sale" action={<LinkButton to="/" variant="contained">All products</LinkButton>}>
      It has been taken off the shelf, or the address has a mistake in it.
    </EmptyState>
  );
}

function PageSkeleton() {
  return (
    <Box sx={COLUMNS}>
      <Skeleton variant="rounded" sx={{ width: "100%", height: "auto", aspectRatio: "1" }} />
      <Box>
        <Skeleton width={120} sx={{ fontFamily: MONO }} />
        <Skeleton sx={{ fontSize: "2.75rem", width: "80%" }} />
        <Skeleton sx={{ fontSize: "1.5rem", width: 100, mt: 2 }} />
        <Skeleton sx={{ mt: 3 }} />
        <Skeleton />
        <Skeleton variant="rounded" height={52} sx={{ mt: 4 }} />
      </Box>
    </Box>
  );
}

/** One and the same, so that it is not drawn anew when the page is. */
const SKELETON = <PageSkeleton />;
