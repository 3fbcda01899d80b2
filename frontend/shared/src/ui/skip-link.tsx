import Box from "@mui/material/Box";

/** Leads keyboards past the header; `#main` is the element to go to. */
export function SkipLink() {
  return (
    <Box
      component="a"
      href="#main"
      onClick={(event) => {
        // The address stays as it is: the router would take the fragment for a place of its own.
        event.preventDefault();
        document.getElementById("main")?.focus();
      }}
      sx={{
        position: "fixed",
        top: -80,
        left: 12,
        zIndex: 2000,
        px: 2,
        py: 1.25,
        bgcolor: "primary.main",
        color: "primary.contrastText",
        borderRadius: 1,
        fontWeight: 600,
        "&:focus": { top: 12 },
      }}
    >
      Skip to the content
    </Box>
  );
}
