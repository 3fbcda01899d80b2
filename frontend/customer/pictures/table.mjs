import { circle, ellipse, group, line, path, rect, shade, shadow, steam, text } from "./draw.mjs";

const WOOD = "#A9713F";

/** A hand grinder with its crank. */
export function grinder() {
  const body = "M-78 -330H78V-190H-78Z";
  const jar = "M-78 -176H78V-24Q78 0 54 0H-54Q-78 0 -78 -24Z";
  return group(
    {},
    shadow(0, 4, 120),
    path(jar, "#2B3247"),
    shade(jar, -78, 156),
    rect(-84, -192, 168, 22, "#E9C46A", 6),
    path(body, "#C9D0DA"),
    [-52, -26, 0, 26, 52].map((x) => line(`M${x} -318V-204`, "#0B1020", 5, { opacity: 0.16 })),
    shade(body, -78, 156),
    path("M-78 -330Q0 -404 78 -330Z", "#AEB7C4"),
    rect(-8, -420, 16, 50, "#8C96A6"),
    line("M0 -416L196 -440", "#8C96A6", 18),
    rect(178, -452, 36, 16, "#8C96A6", 6),
    group({ transform: "translate(196 -452)" }, path("M-32 0Q-44 -66 0 -80Q44 -66 32 0Z", WOOD), path("M-20 -8Q-28 -52 -2 -70Q-12 -40 -8 -8Z", "#FFFFFF", { opacity: 0.25 })),
  );
}

/** A brush of beech and bristle, lying at a slant. */
export function brush() {
  const handle = "M-30 -40Q-36 -250 0 -330Q36 -250 30 -40Z";
  return group(
    { transform: "translate(30 -150) rotate(58)" },
    ellipse(60, -20, 40, 300, "#0B1020", { opacity: 0.16 }),
    path("M-46 40L-66 206Q0 236 66 206L46 40Z", "#3B2A20"),
    [-48, -32, -16, 0, 16, 32, 48].map((x) => line(`M${x * 0.7} 46L${x} 208`, "#6B5140", 5, { opacity: 0.9 })),
    path(handle, "#D3A46A"),
    path("M-18 -56Q-20 -220 -4 -292Q-6 -180 -2 -56Z", "#FFFFFF", { opacity: 0.3 }),
    rect(-46, -46, 92, 92, "#C9D0DA", 8),
    line("M-46 -16H46M-46 14H46", "#8C96A6", 6),
    circle(0, -296, 9, "#0B1020", { opacity: 0.4 }),
  );
}

/** A cup on its saucer, seen a little from above. */
export function espressoCup(glaze, inside = "#4A2A14") {
  const body = "M-92 -128H92C92 -40 58 -14 36 -12H-36C-58 -14 -92 -40 -92 -128Z";
  return group(
    {},
    shadow(0, 8, 150),
    ellipse(0, -2, 148, 26, glaze),
    ellipse(0, -6, 148, 25, "#FFFFFF", { opacity: 0.35 }),
    ellipse(0, -4, 74, 12, "#0B1020", { opacity: 0.12 }),
    line("M84 -104C150 -112 142 -40 68 -48", glaze, 18),
    path(body, glaze),
    shade(body, -92, 184),
    ellipse(0, -128, 92, 20, "#FFFFFF"),
    ellipse(0, -128, 92, 20, glaze, { opacity: 0.35 }),
    ellipse(0, -124, 78, 14, inside),
    ellipse(-10, -125, 54, 8, "#B07A45"),
  );
}

/** A mug whose glaze runs. */
export function mug() {
  const body = "M-122 -260H122L112 -30Q110 0 80 0H-80Q-110 0 -112 -30Z";
  return group(
    {},
    shadow(6, 4, 150),
    line("M112 -206C228 -214 220 -58 106 -66", "#8FA8A0", 30),
    path(body, "#D9CBB2"),
    path("M-122 -260H122L117 -140Q96 -96 74 -130Q48 -160 26 -112Q2 -70 -22 -120Q-44 -150 -70 -104Q-96 -72 -117 -136Z", "#6F8F86"),
    [[-70, -40], [-20, -56], [38, -30], [80, -60], [8, -18]].map(([x, y]) => circle(x, y, 4, "#7A5A34", { opacity: 0.5 })),
    shade(body, -122, 244),
    ellipse(0, -260, 122, 24, "#5C7B72"),
    ellipse(0, -256, 106, 18, "#4A2A14"),
    ellipse(-12, -258, 66, 8, "#7A4A28"),
    steam(0, -292),
  );
}

/** A cup with a lid for the way. */
export function travelCup() {
  const body = "M-96 -330H96L76 -22Q74 0 54 0H-54Q-74 0 -76 -22Z";
  return group(
    {},
    shadow(0, 4, 110),
    path(body, "#E7B53C"),
    path("M-90 -238H90L82 -116H-82Z", "#2B3247"),
    text(0, -164, 34, "#E7B53C", "WAYBILL"),
    shade(body, -96, 192),
    path("M-108 -330H108L100 -378Q98 -390 84 -390H-84Q-98 -390 -100 -378Z", "#2B3247"),
    path("M-108 -330H108L106 -344H-106Z", "#0B1020", { opacity: 0.35 }),
    rect(-30, -408, 92, 20, "#2B3247", 9),
    rect(-88, -382, 60, 9, "#FFFFFF", 4, { opacity: 0.25 }),
  );
}

/** A place at the workshop: an apron on a hook with a card. */
export function apron() {
  const cloth = "M-92 -330Q0 -286 92 -330L112 -226Q168 -204 172 -168V40Q0 74 -172 40V-168Q-168 -204 -112 -226Z";
  return group(
    {},
    line("M-88 -326C-70 -440 70 -440 88 -326", "#E4D9C0", 14),
    circle(0, -408, 15, "#8C96A6"),
    rect(-10, -440, 20, 36, "#8C96A6", 6),
    path(cloth, "#24407A"),
    shade(cloth, -172, 344),
    line("M-112 -226Q-132 -222 -196 -150M112 -226Q132 -222 196 -150", "#E4D9C0", 10),
    rect(-92, -120, 184, 112, "#1B3263", 8),
    line("M-92 -92H92M0 -92V-8", "#E4D9C0", 4, { opacity: 0.6, "stroke-dasharray": "3 9" }),
    line("M-56 -96V-178", WOOD, 14),
    path("M-76 -170H-36L-42 -226Q-56 -240 -70 -226Z", "#C9D0DA"),
    line("M44 -96V-190", "#C9D0DA", 10),
    ellipse(44, -206, 20, 28, "#C9D0DA"),
    group({ transform: "translate(44 -252) rotate(-6)" }, rect(-52, -36, 104, 62, "#F8F6EF", 6), text(0, 4, 25, "#B23C0C", "SAT 10"), circle(0, -28, 5, "#B01E2E")),
  );
}
