import { startTransition, type ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { AppTheme } from "./app-theme";

const root = createRoot(document.getElementById("root")!);

/** Draws an app as a transition, which gives way to the browser every few milliseconds. */
export function show(app: ReactNode): void {
  startTransition(() => root.render(<AppTheme>{app}</AppTheme>));
}

// The theme alone, whose rules are many, while the app's own script is still to come.
show(null);
