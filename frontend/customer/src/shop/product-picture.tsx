import Box from "@mui/material/Box";
import { Icon } from "@waybill/shared/ui/icon";
import { useState } from "react";

interface Props {
  url: string | null | undefined;
  alt: string;
  /** A picture that is seen at once must not wait for its turn. */
  eager?: boolean;
  radius?: number;
}

/** The picture of a product in a square that is there before it, so that nothing moves. */
export function ProductPicture({ url, alt, eager = false, radius = 1 }: Props) {
  const [broken, setBroken] = useState(false);
  const frame = { display: "block", width: "100%", aspectRatio: "1", borderRadius: radius, bgcolor: "action.hover" } as const;
  if (!url || broken) {
    return (
      <Box role={alt ? "img" : undefined} aria-label={alt || undefined} sx={{ ...frame, display: "grid", placeItems: "center", color: "text.disabled" }}>
        <Icon name="box" sx={{ fontSize: "30%", width: "0.8em", height: "0.8em", minWidth: 24, minHeight: 24 }} />
      </Box>
    );
  }
  return (
    <Box
      component="img"
      src={url}
      alt={alt}
      width={800}
      height={800}
      loading={eager ? "eager" : "lazy"}
      fetchPriority={eager ? "high" : "auto"}
      decoding="async"
      onError={() => setBroken(true)}
      sx={{ ...frame, height: "auto", objectFit: "cover" }}
    />
  );
}
