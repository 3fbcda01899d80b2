import Box from "@mui/material/Box";
import { PageTop } from "../../panel/page-top";
import { DeadLetterCounts } from "./dead-letter-counts";
import { LowStock } from "./low-stock";
import { RecentFigures } from "./recent-figures";
import { ToShip } from "./to-ship";

/** What an administrator looks at first: what came in, and what waits for somebody. */
export function OverviewPage() {
  return (
    <>
      <PageTop title="Overview" />
      <Box sx={{ display: "grid", gap: 2.5 }}>
        <RecentFigures />
        <Box sx={{ display: "grid", gap: 2.5, gridTemplateColumns: { lg: "repeat(3, minmax(0, 1fr))" }, alignItems: "start" }}>
          <ToShip />
          <LowStock />
          <DeadLetterCounts />
        </Box>
      </Box>
    </>
  );
}
