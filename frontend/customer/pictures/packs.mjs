import { at, circle, ellipse, group, line, path, rect, shade, shadow, text } from "./draw.mjs";

/** A bag of beans with a folded top, a valve and a label. Its base stands at y = 0, its middle at x = 0. */
export function bag({ paper, label, ink, title, line: second, weight, width = 300, height = 430, mark }) {
  const half = width / 2;
  const body = `M${-half} 0L${-half - 6} ${-height * 0.5}L${-half + 14} ${-height}H${half - 14}L${half + 6} ${-height * 0.5}L${half} 0Q0 14 ${-half} 0Z`;
  const labelTop = -height * 0.62;
  const labelHeight = height * 0.46;
  return group(
    {},
    shadow(0, 4, half * 1.15),
    path(body, paper),
    shade(body, -half, width),
    // The folded top with its clips.
    path(`M${-half + 14} ${-height}L${-half + 20} ${-height - 42}H${half - 20}L${half - 14} ${-height}Z`, paper),
    path(`M${-half + 14} ${-height}L${-half + 20} ${-height - 42}H${half - 20}L${half - 14} ${-height}Z`, "#0B1020", { opacity: 0.16 }),
    rect(-half + 4, -height - 10, width - 8, 14, ink, 7),
    circle(0, -height * 0.78, 15, "#0B1020", { opacity: 0.22 }),
    [0, 1, 2].map((hole) => circle(-6 + hole * 6, -height * 0.78, 2, paper)),
    rect(-half + 26, labelTop, width - 52, labelHeight, label, 6),
    mark && at(0, labelTop + labelHeight * 0.29, width / 340, mark(ink)),
    text(0, labelTop + labelHeight * 0.685, width * 0.105, ink, title),
    text(0, labelTop + labelHeight * 0.82, width * 0.056, ink, second, { "font-weight": 500 }),
    rect(-half + 26, labelTop + labelHeight * 0.87, width - 52, labelHeight * 0.13, ink, 0, { opacity: 0.95 }),
    text(0, labelTop + labelHeight * 0.965, width * 0.055, label, weight),
  );
}

/** A tea tin with a lid. */
export function tin({ metal, band, ink, title, line: second, width = 270, height = 330, mark }) {
  const half = width / 2;
  const body = `M${-half} ${-height}V-14Q0 26 ${half} -14V${-height}Z`;
  return group(
    {},
    shadow(0, 6, half * 1.15),
    path(body, metal),
    path(`M${-half} ${-height * 0.78}Q0 ${-height * 0.78 + 36} ${half} ${-height * 0.78}V${-height * 0.2}Q0 ${-height * 0.2 + 36} ${-half} ${-height * 0.2}Z`, band),
    shade(body, -half, width),
    mark && at(0, -height * 0.5, width / 300, mark(ink)),
    text(0, -height * 0.26, width * 0.115, ink, title),
    text(0, -height * 0.175, width * 0.056, ink, second, { "font-weight": 500 }),
    ellipse(0, -height, half, 27, metal),
    path(`M${-half - 7} ${-height - 52}V${-height - 6}Q0 ${-height + 46} ${half + 7} ${-height - 6}V${-height - 52}Z`, metal),
    path(`M${-half - 7} ${-height - 52}V${-height - 6}Q0 ${-height + 46} ${half + 7} ${-height - 6}V${-height - 52}Z`, "#0B1020", { opacity: 0.12 }),
    ellipse(0, -height - 52, half + 7, 29, metal),
    ellipse(0, -height - 52, half + 7, 29, "#FFFFFF", { opacity: 0.25 }),
    ellipse(0, -height - 52, half * 0.55, 14, "#FFFFFF", { opacity: 0.25 }),
  );
}

// Marks for labels, about 120 across, around the origin.

export const bean = (ink) => group({ transform: "rotate(24)" }, ellipse(0, 0, 34, 48, ink), line("M2 -44C-22 -14 22 14 -2 44", "#FFFFFF", 6, { opacity: 0.85 }));

export const house = (ink) => [path("M-52 6L0 -42L52 6V44H-52Z", ink), rect(-13, 8, 26, 36, "#FFFFFF", 0, { opacity: 0.85 })];

export const mountains = (ink) => [path("M-64 42L-20 -30L4 10L22 -14L64 42Z", ink), circle(36, -34, 13, ink)];

export const moon = (ink) => path("M18 -48A48 48 0 1 0 46 28A40 40 0 0 1 18 -48Z", ink);

export const leaf = (ink) => [path("M-46 40C-58 -30 8 -60 54 -48C58 6 18 58 -46 40Z", ink), line("M-58 56C-34 20 -4 -8 30 -26", "#FFFFFF", 6, { opacity: 0.8 })];

export const sprout = (ink) => [line("M0 50V-6", ink, 10), path("M0 2C-44 4 -56 -26 -54 -44C-20 -46 0 -30 0 2Z", ink), path("M0 -14C2 -48 28 -58 52 -54C52 -26 34 -10 0 -14Z", ink)];

export const star = (ink) => [0, 60, 120].map((turn) => group({ transform: `rotate(${turn})` }, line("M0 -50V50M0 -34L-14 -48M0 -34L14 -48M0 34L-14 48M0 34L14 48", ink, 8)));
