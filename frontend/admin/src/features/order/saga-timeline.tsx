import Box from "@mui/material/Box";
import Typography from "@mui/material/Typography";
import { formatMoment } from "@waybill/shared/dates/dates";
import { MONO } from "@waybill/shared/theme/theme";
import { Icon } from "@waybill/shared/ui/icon";
import { Card } from "../../panel/card";
import type { SagaStep } from "./saga";

const COLOUR = { neutral: "text.secondary", active: "primary.main", good: "success.main", warning: "warning.main", bad: "error.main" } as const;
const CLOCK: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 };

/** What happened, who said so, and how long it took: the order's way through the services. */
export function SagaTimeline({ steps }: { steps: SagaStep[] }) {
  return (
    <Card title="Timeline">
      <Box component="ol" aria-label="Facts of the order" sx={{ listStyle: "none", p: 0, m: 0 }}>
        {steps.map((step, index) => (
          <Step key={`${step.fact}-${index}`} step={step} last={index === steps.length - 1} />
        ))}
      </Box>
    </Card>
  );
}

function Step({ step, last }: { step: SagaStep; last: boolean }) {
  return (
    <Box component="li" aria-current={last ? "step" : undefined} sx={{ display: "grid", gridTemplateColumns: { xs: "30px minmax(0, 1fr)", sm: "30px minmax(0, 1fr) auto" }, columnGap: 1.5, pb: last ? 0 : 2 }}>
      <Box aria-hidden sx={{ gridRow: { xs: "1 / span 2", sm: "1" }, display: "flex", flexDirection: "column", alignItems: "center" }}>
        <Box sx={{ width: 30, height: 30, borderRadius: "50%", display: "grid", placeItems: "center", flexShrink: 0, color: "background.paper", bgcolor: COLOUR[step.tone] }}>
          <Icon name={step.icon} sx={{ fontSize: 17 }} />
        </Box>
        {!last && <Box sx={{ flex: 1, minHeight: 12, mb: -2, borderLeft: "2px solid", borderColor: "divider" }} />}
      </Box>
      <Box sx={{ pt: 0.25 }}>
        <Typography sx={{ fontWeight: 600 }}>{step.title}</Typography>
        <Typography variant="body2" color="textSecondary">
          <Box component="code" sx={{ fontFamily: MONO, fontSize: "0.8125rem" }}>
            {step.fact}
          </Box>{" "}
          · {step.said}
        </Typography>
        {step.details.map(([name, value]) => (
          <Typography key={name} variant="body2" color="textSecondary">
            {name}: <span>{value}</span>
          </Typography>
        ))}
      </Box>
      <Box sx={{ gridColumn: { xs: 2, sm: 3 }, textAlign: { sm: "right" }, pt: 0.25, display: { xs: "flex", sm: "block" }, gap: 1 }}>
        <Typography component="time" variant="body2" dateTime={step.at} title={formatMoment(step.at)} sx={{ display: "block", fontFamily: MONO, fontSize: "0.8125rem" }}>
          {new Intl.DateTimeFormat(undefined, CLOCK).format(new Date(step.at))}
        </Typography>
        {step.after !== null && (
          <Typography variant="body2" color="textSecondary">
            +{step.after}
          </Typography>
        )}
      </Box>
    </Box>
  );
}
