import { circle, ellipse, group, line, path, rect, shade, shadow, text } from "./draw.mjs";

const STEEL = "#C9D0DA";
const DARK = "#232B3F";

/** A cone with ribs on a glass jug. */
export function dripper(glaze = "#F4F1E8") {
  const cone = "M-150 -330H150L62 -178H-62Z";
  const jug = "M-92 -150H92L128 -30Q128 0 96 0H-96Q-128 0 -128 -30Z";
  return group(
    {},
    shadow(0, 4, 150),
    path(jug, "#DCEBF2", { opacity: 0.75 }),
    path("M-119 -60H119L128 -30Q128 0 96 0H-96Q-128 0 -128 -30Z", "#5A3218"),
    ellipse(0, -60, 119, 12, "#7A4A28"),
    line("M122 -116C190 -120 190 -26 130 -34", "#B9D2DE", 14),
    shade(jug, -128, 256),
    rect(-118, -178, 236, 26, glaze, 13),
    rect(-118, -166, 236, 14, "#0B1020", 7, { opacity: 0.1 }),
    path(cone, glaze),
    [-96, -56, -16, 24, 64].map((x) => line(`M${x} -322C${x * 0.8 + 8} -262 ${x * 0.5 + 18} -220 ${x * 0.4 + 12} -186`, "#0B1020", 6, { opacity: 0.1 })),
    shade(cone, -150, 300),
    line("M146 -318C214 -312 196 -222 104 -232", glaze, 22),
    ellipse(0, -330, 150, 26, "#E3DDCD"),
    ellipse(0, -328, 128, 19, "#6B4023"),
    ellipse(-18, -330, 70, 8, "#8A5A34"),
  );
}

/** A stack of cone filters, and one leaning against it. */
export function filters() {
  const paper = "#D9B98A";
  const cone = (tone) => [path("M-120 -250Q0 -286 120 -250L44 0H-44Z", tone), line("M-104 -236L-36 -6", "#0B1020", 4, { opacity: 0.18 }), line("M44 0L120 -250", "#0B1020", 5, { opacity: 0.16, "stroke-dasharray": "2 11" })];
  const box = "M-150 -196H110V0H-150Z";
  return group(
    {},
    shadow(-10, 4, 240),
    group({ transform: "translate(-60 0)" }, [3, 2, 1, 0].map((each) => group({ transform: `translate(${-12 + each * 9} ${-150 - each * 7})` }, cone(each % 2 ? "#CDAA78" : paper)))),
    group({ transform: "translate(-50 0)" }, path(box, "#2F5D50"), rect(-150, -126, 260, 74, "#F4EFE2"), text(-20, -78, 33, "#2F5D50", "FILTERS 100"), shade(box, -150, 260)),
    group({ transform: "translate(150 0) rotate(14)" }, cone(paper)),
  );
}

/** A press of brushed steel. */
export function press() {
  const body = "M-105 -350H105V-26Q105 0 78 0H-78Q-105 0 -105 -26Z";
  return group(
    {},
    shadow(10, 4, 150),
    line("M100 -290C208 -296 208 -76 100 -84", DARK, 26),
    path(body, STEEL),
    line("M-105 -318H105M-105 -40H105", "#8C96A6", 6),
    shade(body, -105, 210),
    path("M-105 -350L-136 -372L-104 -384H0V-350Z", STEEL),
    path("M-112 -384Q0 -436 112 -384V-350H-112Z", "#AEB7C4"),
    path("M-112 -384Q0 -436 112 -384V-372H-112Z", "#FFFFFF", { opacity: 0.25 }),
    rect(-5, -474, 10, 74, "#8C96A6"),
    circle(0, -486, 25, DARK),
    circle(-8, -494, 7, "#FFFFFF", { opacity: 0.35 }),
  );
}

/** A kettle with a thin spout. */
export function kettle(paint = "#1F3D36") {
  const body = "M-128 -232H96L138 -34Q138 0 104 0H-136Q-170 0 -170 -34Z";
  return group(
    {},
    shadow(-10, 26, 200),
    rect(-170, 0, 310, 24, DARK, 10),
    rect(96, 8, 30, 8, "#FF8A4C", 4),
    line("M-158 -56C-262 -60 -204 -250 -296 -262", paint, 24),
    line("M-158 -56C-262 -60 -204 -250 -296 -262", "#FFFFFF", 6, { opacity: 0.22 }),
    line("M88 -214C222 -262 244 -104 196 -50", "#7A4A28", 32),
    path(body, paint),
    shade(body, -170, 308),
    ellipse(-16, -232, 112, 17, "#2C5248"),
    path("M-104 -238Q-16 -292 72 -238Z", paint),
    rect(-32, -288, 32, 24, "#7A4A28", 8),
    circle(-16, -104, 40, "#F4F1E8"),
    line("M-16 -104L8 -124", "#B01E2E", 6),
    [0, 45, 90, 135, 180].map((turn) => group({ transform: `rotate(${turn} -16 -104)` }, line("M-50 -104H-45", DARK, 5))),
  );
}

/** A flat scale with a display, and a small cup on it. */
export function scale() {
  return group(
    {},
    shadow(0, 12, 270),
    path("M-236 -46H236L262 -6Q262 10 244 10H-244Q-262 10 -262 -6Z", "#2B3247"),
    path("M-214 -74H214L236 -46H-236Z", "#3B445D"),
    path("M-214 -74H214L216 -70H-216Z", "#FFFFFF", { opacity: 0.25 }),
    rect(-168, -34, 190, 34, "#0B1020", 6),
    text(-112, -9, 26, "#9CF0C2", "18.0 g"),
    text(-24, -9, 26, "#9CF0C2", "0:24"),
    circle(120, -17, 13, "#4A546F"),
    circle(176, -17, 13, "#FF8A4C"),
    group({ transform: "translate(0 -74)" }, path("M-84 -150H84L62 -8Q60 0 50 0H-50Q-60 0 -62 -8Z", "#DCEBF2", { opacity: 0.85 }), path("M-72 -82H72L62 -8Q60 0 50 0H-50Q-60 0 -62 -8Z", "#5A3218"), ellipse(0, -82, 72, 10, "#9A6A3E"), rect(-66, -140, 12, 120, "#FFFFFF", 6, { opacity: 0.5, transform: "rotate(4)" })),
  );
}

/** A lever machine with its portafilter and a cup. */
export function lever() {
  const boiler = "M-88 -408H88V-150H-88Z";
  return group(
    {},
    shadow(0, 6, 240),
    rect(-210, -40, 420, 42, "#7C1F2B", 12),
    rect(-210, -40, 420, 12, "#FFFFFF", 6, { opacity: 0.2 }),
    rect(-190, -54, 230, 14, "#8C96A6", 4),
    rect(64, -170, 86, 132, "#9AA3B2", 8),
    group({ transform: "translate(84 0)" }, path(boiler, "#A83341"), ellipse(0, -408, 88, 22, "#C65460"), shade(boiler, -88, 176), ellipse(0, -408, 40, 10, "#E9C46A"), rect(-14, -440, 28, 34, "#E9C46A", 8), circle(0, -300, 36, "#F4F1E8"), line("M0 -300L18 -318", "#B01E2E", 6)),
    rect(-110, -330, 112, 40, "#8C96A6", 8),
    rect(-134, -372, 92, 150, STEEL, 14),
    rect(-122, -366, 16, 138, "#FFFFFF", 8, { opacity: 0.5 }),
    rect(-150, -226, 124, 26, "#8C96A6", 8),
    line("M-150 -212H-276", "#5A3218", 26),
    line("M-88 -372L-190 -536", "#8C96A6", 16),
    line("M-176 -514L-206 -562", "#5A3218", 32),
    line("M-88 -200V-150", "#5A3218", 8),
    path("M-134 -140H-42L-54 -66Q-56 -54 -68 -54H-108Q-120 -54 -122 -66Z", "#F8F6EF"),
    line("M-46 -124C-14 -126 -16 -84 -52 -88", "#F8F6EF", 12),
  );
}
