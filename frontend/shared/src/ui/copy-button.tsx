import Button from "@mui/material/Button";
import { useState } from "react";
import { Icon } from "./icon";

/** How long the button says that it has copied. */
const SAID_MS = 2_000;

/** Puts a text on the clipboard and says so. */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), SAID_MS);
  };
  return (
    <Button size="small" color="inherit" onClick={() => void copy()} startIcon={<Icon name={copied ? "check" : "copy"} />}>
      <span aria-live="polite">{copied ? "Copied" : `Copy ${what}`}</span>
    </Button>
  );
}
