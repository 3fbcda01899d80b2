import Box from "@mui/material/Box";
import Skeleton from "@mui/material/Skeleton";
import Table from "@mui/material/Table";
import TableBody from "@mui/material/TableBody";
import TableCell from "@mui/material/TableCell";
import TableHead from "@mui/material/TableHead";
import TableRow from "@mui/material/TableRow";
import type { SxProps, Theme } from "@mui/material/styles";
import type { ReactNode } from "react";

export interface Column<T> {
  name: string;
  cell: (row: T) => ReactNode;
  /** Numbers stand at the right, digit below digit. */
  numeric?: boolean;
  /** On narrow screens the cell takes a line of its own and needs no name. */
  main?: boolean;
}

interface Props<T> {
  label: string;
  columns: Column<T>[];
  rows: T[];
  rowKey: (row: T) => string;
  cardsBelow?: number;
}

/** Below this width of the table, in pixels, a row becomes a small card, so that nothing scrolls sideways. */
const CARDS_BELOW = 620;

const FRAME = { containerType: "inline-size", bgcolor: "background.paper", border: 1, borderColor: "divider", borderRadius: 1, overflowX: "auto" } as const;

const tableStyle = (cardsBelow: number): SxProps<Theme> => ({
  overflowWrap: "break-word",
  "& th": { color: "text.secondary", fontSize: "0.8125rem", fontWeight: 600, whiteSpace: "nowrap", px: 1.5, py: 1, borderBottom: "1.5px solid", borderBottomColor: "text.disabled" },
  "& td": { fontSize: "0.9375rem", px: 1.5, py: 1, borderColor: "divider" },
  "& tbody tr": { position: "relative" },
  "& tbody tr:last-of-type td": { borderBottom: 0 },
  "& tbody tr:hover": { bgcolor: "action.hover" },
  [`@container (max-width: ${cardsBelow}px)`]: {
    display: "block",
    "& thead": { position: "absolute", width: "1px", height: "1px", overflow: "hidden", clipPath: "inset(50%)" },
    "& tbody": { display: "block" },
    "& tbody tr": { display: "grid", gridTemplateColumns: "1fr", gap: 0.5, px: 2, py: 1.5, borderBottom: "1px solid", borderBottomColor: "divider" },
    "& tbody tr:last-of-type": { borderBottom: 0 },
    "& td": { display: "flex", flexWrap: "wrap", flexDirection: "row", gap: 1, justifyContent: "space-between", alignItems: "baseline", border: 0, p: 0, textAlign: "left" },
    "& td:empty": { display: "none" },
    "& td[data-name]::before": { content: "attr(data-name)", color: "text.secondary", fontSize: "0.8125rem" },
  },
});

/**
 * Rows of one kind. The roles are spelled out, because narrow screens lay the rows out as cards, which takes them from
 * elements of a table.
 */
export function DataTable<T>({ label, columns, rows, rowKey, cardsBelow = CARDS_BELOW }: Props<T>) {
  return (
    <Box sx={FRAME}>
      <Table aria-label={label} role="table" size="small" sx={tableStyle(cardsBelow)}>
        <TableHead role="rowgroup">
          <TableRow role="row">
            {columns.map(({ name, numeric }) => (
              <TableCell key={name} role="columnheader" align={numeric ? "right" : undefined}>
                {name}
              </TableCell>
            ))}
          </TableRow>
        </TableHead>
        <TableBody role="rowgroup">
          {rows.map((row) => (
            <TableRow key={rowKey(row)} role="row">
              {columns.map(({ name, numeric, main, cell }) => (
                <TableCell key={name} role="cell" align={numeric ? "right" : undefined} data-name={main ? undefined : name}>
                  {cell(row)}
                </TableCell>
              ))}
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </Box>
  );
}

/** A table that is still on its way. */
export function TableSkeleton({ rows = 8 }: { rows?: number }) {
  return (
    <Box sx={{ ...FRAME, px: 2 }}>
      {Array.from({ length: rows }, (_, index) => (
        <Box key={index} sx={{ display: "flex", gap: 3, py: 1.25, borderTop: index === 0 ? 0 : 1, borderColor: "divider" }}>
          <Skeleton sx={{ flex: 2 }} />
          <Skeleton sx={{ flex: 1 }} />
          <Skeleton width={64} />
        </Box>
      ))}
    </Box>
  );
}

/** Makes a link cover its whole row. */
export const COVERS_ROW = { fontWeight: 600, "&::after": { content: '""', position: "absolute", inset: 0 }, "&:focus-visible": { outline: 0 }, "&:focus-visible::after": { outline: "3px solid", outlineColor: "primary.main", outlineOffset: -3 } } as const;
