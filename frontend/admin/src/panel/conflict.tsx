import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import { Notice } from "@waybill/shared/ui/notice";
import { useEffect, useRef } from "react";
import { DataTable } from "./data-table";

export interface Difference {
  field: string;
  mine: string;
  theirs: string;
}

interface Props {
  differences: Difference[];
  /** What is to be said before the differences. */
  children: string;
  keepMine: string;
  takeTheirs: string;
  busy: boolean;
  onKeepMine: () => void;
  onTakeTheirs: () => void;
}

/** Somebody else changed the same thing meanwhile: what both made of it, and whose is to stand. */
export function Conflict({ differences, children, keepMine, takeTheirs, busy, onKeepMine, onTakeTheirs }: Props) {
  const notice = useRef<HTMLDivElement>(null);
  useEffect(() => notice.current?.focus(), []);
  const columns = [
    { name: "Field", cell: (row: Difference) => row.field },
    { name: "Yours", cell: (row: Difference) => <Value text={row.mine} /> },
    { name: "Theirs", cell: (row: Difference) => <Value text={row.theirs} /> },
  ];
  return (
    <Notice
      ref={notice}
      role="alert"
      tone="warning"
      icon="alert"
      title="Somebody was faster"
      action={
        <>
          <Button size="small" variant="contained" loading={busy} onClick={onKeepMine}>
            {keepMine}
          </Button>
          <Button size="small" variant="outlined" color="inherit" disabled={busy} onClick={onTakeTheirs}>
            {takeTheirs}
          </Button>
        </>
      }
    >
      {children}
      {differences.length > 0 && (
        <Box sx={{ my: 1.5, color: "text.primary" }}>
          <DataTable label="Yours and theirs" columns={columns} rows={differences} rowKey={(row) => row.field} cardsBelow={360} />
        </Box>
      )}
    </Notice>
  );
}

function Value({ text }: { text: string }) {
  return (
    <Box component="span" sx={{ whiteSpace: "pre-wrap" }}>
      {text || "(empty)"}
    </Box>
  );
}
