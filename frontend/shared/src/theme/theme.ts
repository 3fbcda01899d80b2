import { createTheme } from "@mui/material/styles";

const TEXT = '"Instrument Sans Variable", system-ui, sans-serif';
const DISPLAY = '"Bricolage Grotesque Variable", "Instrument Sans Variable", system-ui, sans-serif';
/** For numbers that people compare or copy: order numbers, SKUs, references. */
export const MONO = 'ui-monospace, "SF Mono", "Cascadia Mono", "Roboto Mono", Menlo, monospace';

/** Ink, paper and the blue of a carbon copy; orange only where something runs out. Every pair below is ≥ 4.5 : 1. */
const light = {
  primary: { main: "#2438B8", dark: "#1A2A92", light: "#4A5FE0", contrastText: "#FFFFFF" },
  secondary: { main: "#B23C0C", contrastText: "#FFFFFF" },
  success: { main: "#12693C", contrastText: "#FFFFFF" },
  warning: { main: "#8F4E00", contrastText: "#FFFFFF" },
  error: { main: "#B01E2E", contrastText: "#FFFFFF" },
  info: { main: "#1B5E86", contrastText: "#FFFFFF" },
  background: { default: "#F2F3EE", paper: "#FFFFFF" },
  text: { primary: "#131A2E", secondary: "#4C556B", disabled: "#7A8296" },
  divider: "#DADDD3",
};

const dark = {
  primary: { main: "#AEBBFF", dark: "#8B9CF5", light: "#CBD3FF", contrastText: "#0F1738" },
  secondary: { main: "#FFA377", contrastText: "#36120A" },
  success: { main: "#7FD8A4", contrastText: "#06281A" },
  warning: { main: "#F3BE6B", contrastText: "#2E1D00" },
  error: { main: "#FF9A9F", contrastText: "#3B060C" },
  info: { main: "#8CCBF0", contrastText: "#04202F" },
  background: { default: "#0E121C", paper: "#171D2A" },
  text: { primary: "#ECEEF6", secondary: "#AAB2C6", disabled: "#7C859B" },
  divider: "#2B3446",
};

function heading(size: string, weight = 650, lineHeight = 1.15) {
  return { fontFamily: DISPLAY, fontWeight: weight, fontSize: size, lineHeight, letterSpacing: "-0.02em", textWrap: "balance" };
}

/** The look of the shop and of the admin. */
export function createAppTheme() {
  return createTheme({
    cssVariables: { colorSchemeSelector: "data-scheme" },
    colorSchemes: { light: { palette: light }, dark: { palette: dark } },
    shape: { borderRadius: 10 },
    typography: {
      fontFamily: TEXT,
      fontWeightBold: 650,
      fontWeightMedium: 550,
      h1: heading("clamp(1.75rem, 1.3rem + 2vw, 2.75rem)", 700, 1.08),
      h2: heading("clamp(1.25rem, 1.1rem + 0.7vw, 1.6rem)"),
      h3: heading("1.125rem", 650, 1.3),
      subtitle1: { fontWeight: 550, lineHeight: 1.4 },
      button: { fontWeight: 600, letterSpacing: 0, textTransform: "none", lineHeight: 1.4 },
      overline: { fontFamily: MONO, fontSize: "0.75rem", letterSpacing: "0.08em", lineHeight: 1.6 },
    },
    components: {
      MuiCssBaseline: {
        styleOverrides: {
          body: { fontVariantNumeric: "tabular-nums", overflowWrap: "anywhere" },
          "h1:focus": { outline: "none" },
          "@media (prefers-reduced-motion: reduce)": {
            // Not a short transition: every element would have one, and a colour that is inherited would go down step by step.
            "*, *::before, *::after": { animationDuration: "1ms !important", transitionDuration: "0s !important" },
          },
        },
      },
      MuiButtonBase: {
        styleOverrides: {
          root: ({ theme }) => ({
            "&.Mui-focusVisible": { outline: `3px solid ${theme.vars.palette.primary.main}`, outlineOffset: 2 },
          }),
        },
        defaultProps: { disableRipple: true },
      },
      MuiButton: {
        defaultProps: { disableElevation: true },
        variants: [{ props: { variant: "outlined", color: "inherit" }, style: ({ theme }) => ({ borderColor: theme.vars.palette.text.disabled }) }],
        styleOverrides: {
          root: { minHeight: 44, paddingInline: 18 },
          sizeSmall: { minHeight: 36, paddingInline: 12 },
          sizeLarge: { minHeight: 52, paddingInline: 26, fontSize: "1.0625rem" },
        },
      },
      MuiIconButton: { styleOverrides: { root: { minWidth: 44, minHeight: 44 } } },
      MuiBadge: { styleOverrides: { badge: { overflowWrap: "normal", whiteSpace: "nowrap" } } },
      MuiOutlinedInput: { styleOverrides: { root: ({ theme }) => ({ backgroundColor: theme.vars.palette.background.paper }) } },
      MuiSnackbarContent: { styleOverrides: { root: { backgroundColor: "#17204A", color: "#F5F4EE", border: "1px solid #3A4680" }, action: { color: "#FFB48A" } } },
      MuiPaper: { defaultProps: { elevation: 0 } },
      MuiLink: { defaultProps: { underline: "always" }, styleOverrides: { root: { textUnderlineOffset: "0.2em" } } },
      MuiTextField: { defaultProps: { fullWidth: true } },
      MuiSkeleton: { defaultProps: { animation: "wave" } },
    },
  });
}
