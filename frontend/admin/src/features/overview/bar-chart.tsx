import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Typography from "@mui/material/Typography";
import { Icon } from "@waybill/shared/ui/icon";
import { useState } from "react";
import { DataTable } from "../../panel/data-table";

export interface Bar {
  /** When, for people. */
  label: string;
  value: number;
  /** The value for people. */
  words: string;
}

interface Props {
  title: string;
  /** What all bars add up to. */
  total: string;
  /** What the bars count, as the head of a column. */
  unit: string;
  bars: Bar[];
}

/** Height of the drawing, in the units of its view box. */
const HEIGHT = 100;
/** So much of its place a bar takes. */
const WIDTH = 0.74;

/** Values over time as bars, or as the table that they are drawn from. */
export function BarChart({ title, total, unit, bars }: Props) {
  const [table, setTable] = useState(false);
  const columns = [
    { name: "Time", main: true, cell: (bar: Bar) => bar.label },
    { name: unit, numeric: true, cell: (bar: Bar) => bar.words },
  ];
  return (
    <Box component="figure" sx={{ m: 0 }}>
      <Box component="figcaption" sx={{ display: "flex", flexWrap: "wrap", gap: 1, alignItems: "baseline", justifyContent: "space-between" }}>
        <Typography component="h3" variant="body2" color="textSecondary">
          {title}
        </Typography>
        <Button size="small" color="inherit" aria-pressed={table} aria-label={`${title} as a table`} startIcon={<Icon name={table ? "chart" : "table"} />} onClick={() => setTable(!table)}>
          {table ? "Chart" : "Table"}
        </Button>
      </Box>
      <Typography sx={{ fontSize: "1.75rem", fontWeight: 650, lineHeight: 1.1, mb: 1.5 }}>{total}</Typography>
      {table ? <DataTable label={title} columns={columns} rows={bars} rowKey={(bar) => bar.label} cardsBelow={0} /> : <Bars title={title} bars={bars} />}
    </Box>
  );
}

function Bars({ title, bars }: { title: string; bars: Bar[] }) {
  const highest = bars.reduce((most, bar) => (bar.value > most.value ? bar : most), bars[0]!);
  const scale = highest.value > 0 ? (HEIGHT - 2) / highest.value : 0;
  const summary = highest.value > 0 ? `${title}, most at ${highest.label}: ${highest.words}.` : `${title}: nothing yet.`;
  return (
    <>
      <Box component="svg" role="img" aria-label={summary} viewBox={`0 0 ${bars.length} ${HEIGHT}`} preserveAspectRatio="none" sx={{ display: "block", width: "100%", height: 132, borderBottom: "1.5px solid", borderColor: "text.disabled" }}>
        {bars.map((bar, index) => (
          <Box key={bar.label} component="g" sx={{ "&:hover rect:last-of-type": { fillOpacity: 0.7 } }}>
            <title>{`${bar.label}: ${bar.words}`}</title>
            <rect x={index} y={0} width={1} height={HEIGHT} fill="transparent" />
            <Box component="rect" x={index + (1 - WIDTH) / 2} y={HEIGHT - bar.value * scale} width={WIDTH} height={bar.value * scale} sx={{ fill: "var(--mui-palette-primary-main)" }} />
          </Box>
        ))}
      </Box>
      <Box aria-hidden sx={{ display: "flex", justifyContent: "space-between", mt: 0.5, color: "text.secondary", fontSize: "0.8125rem" }}>
        <span>{bars[0]!.label}</span>
        {highest.value > 0 && <span>most: {highest.words}</span>}
        <span>{bars.at(-1)!.label}</span>
      </Box>
    </>
  );
}
