import Box from "@mui/material/Box";
import { Icon } from "./icon";
import { useOnline } from "./online";

/** Stays at the top while there is no connection. */
export function OfflineBanner() {
  const online = useOnline();
  return (
    <Box role="status">
      {!online && (
        <Box sx={{ display: "flex", gap: 1, justifyContent: "center", alignItems: "center", px: 2, py: 1, bgcolor: "text.primary", color: "background.default", fontWeight: 600, fontSize: "0.9375rem" }}>
          <Icon name="offline" fontSize="small" />
          You are offline. What you see may be out of date.
        </Box>
      )}
    </Box>
  );
}
