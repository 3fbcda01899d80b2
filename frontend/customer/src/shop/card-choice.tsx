import Box from "@mui/material/Box";
import Radio from "@mui/material/Radio";
import Typography from "@mui/material/Typography";
import { Icon } from "@waybill/shared/ui/icon";
import { memo } from "react";
import { TEST_CARDS } from "./test-cards";

interface Props {
  value: string;
  onChange: (method: string) => void;
  disabled?: boolean;
}

/** The test cards, each with what it does. */
export const CardChoice = memo(function CardChoice({ value, onChange, disabled }: Props) {
  return (
    <Box component="fieldset" disabled={disabled} sx={{ border: 0, p: 0, m: 0, minWidth: 0 }}>
      <Typography component="legend" color="textSecondary" sx={{ mb: 1.5, p: 0 }}>
        This is a demo: choose a test card. No real card can be used.
      </Typography>
      <Box sx={{ display: "grid", gap: 1.25, gridTemplateColumns: { sm: "1fr 1fr" } }}>
        {TEST_CARDS.map((card) => (
          <Box
            key={card.method}
            component="label"
            sx={{
              display: "flex",
              alignItems: "flex-start",
              gap: 0.5,
              p: 1,
              pr: 1.5,
              border: 1,
              borderColor: "text.disabled",
              borderRadius: 1,
              cursor: "pointer",
              bgcolor: "background.paper",
              "&:has(:checked)": { borderColor: "primary.main", boxShadow: (theme) => `inset 0 0 0 1px ${theme.vars!.palette.primary.main}` },
              "&:hover": { borderColor: "primary.main" },
            }}
          >
            <Radio name="card" value={card.method} checked={value === card.method} onChange={() => onChange(card.method)} />
            <Box sx={{ pt: 1, minWidth: 0 }}>
              <Typography sx={{ fontWeight: 600, display: "flex", alignItems: "center", gap: 1 }}>
                <Icon name="card" fontSize="small" />
                {card.name}
              </Typography>
              <Typography variant="body2" color="textSecondary">
                {card.effect}
              </Typography>
            </Box>
          </Box>
        ))}
      </Box>
    </Box>
  );
});
