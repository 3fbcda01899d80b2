import SvgIcon, { type SvgIconProps } from "@mui/material/SvgIcon";

/** Outlines on a grid of 24, drawn with one stroke. */
const PATHS = {
  alert: "M12 8v5m0 3.5v.01M10.3 3.9 2.6 17.2A2 2 0 0 0 4.3 20.2h15.4a2 2 0 0 0 1.7-3L13.7 3.9a2 2 0 0 0-3.4 0Z",
  back: "M15 5l-7 7 7 7",
  ban: "M5.6 5.6l12.8 12.8M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z",
  box: "M3.5 7.5 12 3l8.5 4.5v9L12 21l-8.5-4.5v-9Zm0 0L12 12m0 0 8.5-4.5M12 12v9",
  card: "M3 6.5A1.5 1.5 0 0 1 4.5 5h15A1.5 1.5 0 0 1 21 6.5v11a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 17.5v-11ZM3 10h18M7 15h3",
  cart: "M3 4h2.2l2.3 11h10.3l2.2-8H6M9 19.5v.01M16.5 19.5v.01",
  chart: "M4 20V10m5.5 10V4M15 20v-7m5 7V8",
  check: "M4.5 12.5 10 18 19.5 7",
  checkCircle: "M8 12.3l2.8 2.8L16 9.5M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z",
  clock: "M12 7v5l3.5 2M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z",
  close: "M6 6l12 12M18 6 6 18",
  copy: "M9 9h10.5v10.5H9V9Zm-4.5 6V4.5H15",
  doc: "M6 3h8l4 4v14H6V3Zm8 0v4h4M9 12h6m-6 4h6",
  edit: "M4 20h4L19.5 8.5l-4-4L4 16v4Zm9.5-13.5 4 4",
  eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12ZM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z",
  filter: "M4 5.5h16l-6 7.5v6l-4-2v-4L4 5.5Z",
  gear: "M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6Zm0-12v3m0 12v3m9-9h-3M6 12H3m15.4-6.4-2.2 2.2M7.8 16.2l-2.2 2.2m12.8 0-2.2-2.2M7.8 7.8 5.6 5.6",
  home: "M4 11l8-7 8 7v9h-5.5v-6h-5v6H4v-9Z",
  inbox: "M3.5 13h5l1.5 3h4l1.5-3h5M3.5 13 6 5h12l2.5 8v6h-17v-6Z",
  layers: "M12 3.5 21 8l-9 4.5L3 8l9-4.5ZM3.5 12.5 12 16.8l8.5-4.3M3.5 16.8 12 21l8.5-4.2",
  lock: "M6 11h12v9H6v-9Zm2.5 0V7.5a3.5 3.5 0 0 1 7 0V11",
  menu: "M4 7h16M4 12h16M4 17h16",
  minus: "M5.5 12h13",
  moon: "M20 14.5A8 8 0 0 1 9.5 4a8 8 0 1 0 10.5 10.5Z",
  next: "M9 5l7 7-7 7",
  offline: "M4 4l16 16M8.5 15.5a5 5 0 0 1 6-.8M5 11.8a10 10 0 0 1 4-2.3m4-.5a10 10 0 0 1 6 2.8M12 19v.01",
  plus: "M12 5.5v13M5.5 12h13",
  refresh: "M19.5 12a7.5 7.5 0 1 1-2.2-5.3L20 9.5M20 4.5v5h-5",
  return: "M4 9h10.5a5 5 0 0 1 0 10H8M8 5 4 9l4 4",
  search: "M16 16l4.5 4.5M18 11a7 7 0 1 1-14 0 7 7 0 0 1 14 0Z",
  signOut: "M10 4H5v16h5M9.5 12H20m-4-4 4 4-4 4",
  sun: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm0-13v2m0 14v2M3 12h2m14 0h2M5.6 5.6 7 7m10 10 1.4 1.4m0-12.8L17 7M7 17l-1.4 1.4",
  trash: "M5 7h14M10 7V4.5h4V7m-7.5 0 .8 13h9.4l.8-13M10 11v5.5m4-5.5v5.5",
  table: "M4 5h16v14H4V5Zm0 5h16M4 14.5h16M10 10v9",
  truck: "M3 6h11v10H3V6Zm11 4h3.8l3.2 3.2V16h-7v-6ZM7 19a1.8 1.8 0 1 0 0-3.6A1.8 1.8 0 0 0 7 19Zm10 0a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6Z",
  undo: "M5 8h9a5 5 0 0 1 0 10H9M8 4.5 4.5 8 8 11.5",
  user: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-8 9c.6-4 3.8-6 8-6s7.4 2 8 6",
} as const;

export type IconName = keyof typeof PATHS;

/** A picture beside words; it says nothing by itself to those who do not see it. */
export function Icon({ name, ...rest }: { name: IconName } & Omit<SvgIconProps, "name">) {
  return (
    <SvgIcon viewBox="0 0 24 24" {...rest}>
      <path d={PATHS[name]} fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" strokeLinejoin="round" />
    </SvgIcon>
  );
}
