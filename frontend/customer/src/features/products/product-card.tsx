import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Skeleton from "@mui/material/Skeleton";
import Typography from "@mui/material/Typography";
import type { Product } from "@waybill/shared/api/types";
import { Icon } from "@waybill/shared/ui/icon";
import { MoneyText } from "@waybill/shared/ui/money-text";
import { TextLink } from "../../shop/link-button";
import { ProductPicture } from "../../shop/product-picture";
import { StockHint, useStock } from "../../shop/stock-hint";
import { useAddToCart } from "./use-add-to-cart";

/** A product in the list: the picture and the name lead to its page, the button puts it into the cart. */
export function ProductCard({ product, eager }: { product: Product; eager: boolean }) {
  return (
    <Box component="li" sx={{ position: "relative", display: "flex", flexDirection: "column", minWidth: 0, "& img": { transition: "transform 200ms" }, "&:has(a:hover) img": { transform: "scale(1.03)" } }}>
      <Box sx={{ overflow: "hidden", borderRadius: 1 }}>
        <ProductPicture url={product.image_url} alt="" eager={eager} radius={0} />
      </Box>
      <Typography variant="h3" sx={{ mt: 1.5 }}>
        <TextLink
          to="/products/$id"
          params={{ id: product.id }}
          color="inherit"
          underline="hover"
          sx={{
            // The whole picture is part of the link, while there is one link to tab to.
            "&::after": { content: '""', position: "absolute", inset: "0 0 auto 0", aspectRatio: "1" },
          }}
        >
          {product.name}
        </TextLink>
      </Typography>
      <Offer product={product} />
    </Box>
  );
}

/** On its own, so that news of the stock draws this anew and not the whole card. */
function Offer({ product }: { product: Product }) {
  const add = useAddToCart();
  const stock = useStock(product.sku);
  const soldOut = stock.data?.availability === "OUT_OF_STOCK";
  return (
    <>
      <Box sx={{ display: "flex", justifyContent: "space-between", alignItems: "baseline", flexWrap: "wrap", columnGap: 1.5, mt: 0.5, mb: 1.5 }}>
        <Typography component="span" sx={{ fontSize: "1.0625rem" }}>
          <MoneyText value={product.price} />
        </Typography>
        <StockHint stock={stock} />
      </Box>
      <Button
        variant="outlined"
        color="inherit"
        disabled={soldOut}
        onClick={() => add(product, 1)}
        startIcon={<Icon name={soldOut ? "ban" : "plus"} />}
        aria-label={soldOut ? `Sold out: ${product.name}` : `Add to cart: ${product.name}`}
        sx={{ mt: "auto", borderColor: "text.disabled" }}
      >
        {soldOut ? "Sold out" : "Add to cart"}
      </Button>
    </>
  );
}

export function ProductCardSkeleton() {
  return (
    <Box>
      <Skeleton variant="rounded" sx={{ width: "100%", height: "auto", aspectRatio: "1" }} />
      <Skeleton sx={{ mt: 1.5, fontSize: "1.125rem", width: "75%" }} />
      <Skeleton sx={{ mt: 0.5, mb: 1.5, fontSize: "1.0625rem", width: "50%" }} />
      <Skeleton variant="rounded" height={44} />
    </Box>
  );
}
