import IconButton from "@mui/material/IconButton";
import { useColorScheme } from "@mui/material/styles";
import { Icon } from "./icon";

/** Changes between light and dark; until somebody does, the system's choice holds. */
export function SchemeButton() {
  const { mode, systemMode, setMode } = useColorScheme();
  const dark = (mode === "system" ? systemMode : mode) === "dark";
  return (
    <IconButton color="inherit" aria-label={dark ? "Light colours" : "Dark colours"} onClick={() => setMode(dark ? "light" : "dark")}>
      <Icon name={dark ? "sun" : "moon"} />
    </IconButton>
  );
}
