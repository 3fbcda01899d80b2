import Box from "@mui/material/Box";
import Container from "@mui/material/Container";
import Typography from "@mui/material/Typography";
import { PageHeading } from "@waybill/shared/ui/page-heading";

/** Always dark ink, in light and dark alike, so that the picture keeps its ground. */
const INK = "#17204A";

/** The board of the picture goes on to the edge of the window. */
const SHELF = {
  display: { xs: "none", md: "block" },
  position: "relative",
  "& img": { display: "block", width: "100%", height: "auto" },
  "&::after": { content: '""', position: "absolute", left: "100%", bottom: 0, width: "50vw", height: "15.385%", background: "linear-gradient(#FF8A4C 17.5%, #0F1638 17.5%)" },
} as const;

export function Hero() {
  return (
    <Box sx={{ bgcolor: INK, color: "#F5F4EE", overflow: "hidden" }}>
      <Container maxWidth="lg" sx={{ display: "grid", gridTemplateColumns: { md: "1fr 1fr" }, alignItems: "end", columnGap: 4 }}>
        <Box sx={{ py: { xs: 4, md: 8 } }}>
          <PageHeading tab="Coffee, and what it takes" sx={{ fontSize: "clamp(2.1rem, 1.4rem + 3.4vw, 3.75rem)", textWrap: "balance" }}>
            Good coffee, and what it takes to make it.
          </PageHeading>
          <Typography sx={{ mt: 2, maxWidth: "44ch", fontSize: "1.125rem", color: "#C9CEE4" }}>
            Roasted on Tuesdays, posted on Wednesdays. You see what is on the shelf, and follow your parcel from there to your door.
          </Typography>
        </Box>
        <Box sx={SHELF}>
          <img src="/pictures/shelf.svg" alt="" width={900} height={520} />
        </Box>
      </Container>
    </Box>
  );
}
