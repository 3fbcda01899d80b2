import { at, rect, scene } from "./draw.mjs";
import { dripper, filters, kettle, lever, press, scale } from "./brewing.mjs";
import { bag, bean, house, leaf, moon, mountains, sprout, star, tin } from "./packs.mjs";
import { apron, brush, espressoCup, grinder, mug, travelCup } from "./table.mjs";

const OCHRE = { wall: "#F0B94F", table: "#D9982F", light: "#FBDA92" };
const CORAL = { wall: "#F19A7C", table: "#D9775A", light: "#FBC7B2" };
const PLUM = { wall: "#6F5B9A", table: "#574680", light: "#9886C2" };
const MINT = { wall: "#A9D6BC", table: "#7FB898", light: "#D3EDDD" };
const SKY = { wall: "#9CC7E6", table: "#72A6CD", light: "#CFE6F6" };
const SAND = { wall: "#E8DCC3", table: "#CFBD99", light: "#F8F1E1" };
const SLATE = { wall: "#8C9AB8", table: "#6C7B9C", light: "#BCC7DD" };
const ROSE = { wall: "#EDB6C0", table: "#D4909E", light: "#F9DBE1" };
const BRICK = { wall: "#E7C3A4", table: "#C99A72", light: "#F6E2D0" };

const espresso = { paper: "#1D2744", label: "#F6F1E4", ink: "#B23C0C", title: "HOUSE", line: "ESPRESSO ROAST", mark: house };
const sidamo = { paper: "#F6F1E4", label: "#E4572E", ink: "#FFF6E5", title: "SIDAMO", line: "FILTER ROAST", mark: mountains };

/** The picture of each product by its SKU. */
export const PICTURES = {
  "COF-HOUSE-250": () => scene(OCHRE, at(400, 668, 1, bag({ ...espresso, weight: "250 g" }))),
  "COF-HOUSE-1000": () => scene(OCHRE, at(400, 694, 1, bag({ ...espresso, weight: "1 kg", width: 390, height: 540 }))),
  "COF-SIDAMO-250": () => scene(CORAL, at(400, 668, 1, bag({ ...sidamo, weight: "250 g" }))),
  "COF-DECAF-250": () => scene(PLUM, at(400, 668, 1, bag({ paper: "#2E2350", label: "#C9B8EE", ink: "#2E2350", title: "EVENING", line: "DECAF, WATER PROCESS", weight: "250 g", mark: moon }))),
  "COF-HARVEST-250": () => scene(MINT, at(400, 668, 1, bag({ paper: "#F6F1E4", label: "#2F6B4F", ink: "#F2F6E6", title: "HARVEST", line: "NEW CROP", weight: "250 g", mark: sprout }))),
  "TEA-SENCHA-100": () => scene(MINT, at(400, 676, 1.12, tin({ metal: "#DDE7D3", band: "#3F7A57", ink: "#F4F7E8", title: "SENCHA", line: "KAGOSHIMA · 100 g", mark: leaf }))),
  "TEA-WINTER-100": () => scene(SKY, at(400, 676, 1.12, tin({ metal: "#E8E3DA", band: "#8E2F3A", ink: "#FBEFE6", title: "WINTER", line: "ROOIBOS, ORANGE · 100 g", mark: star }))),
  "BRW-DRIPPER-02": () => scene(SKY, at(400, 680, 1.28, dripper())),
  "BRW-FILTER-100": () => scene(SAND, at(400, 680, 1.2, filters())),
  "BRW-PRESS-800": () => scene(CORAL, at(380, 690, 1.1, press())),
  "BRW-KETTLE-09": () => scene(SAND, at(430, 664, 1.28, kettle())),
  "BRW-SCALE-01": () => scene(MINT, at(400, 670, 1.2, scale())),
  "GRD-HAND-38": () => scene(SLATE, at(360, 690, 1.12, grinder())),
  "GRD-BRUSH-01": () => scene(SLATE, at(400, 640, 1.08, brush())),
  "CUP-ESP-2": () => scene(ROSE, at(270, 640, 1.15, espressoCup("#F8F6EF")), at(530, 706, 1.15, espressoCup("#24407A"))),
  "CUP-MUG-300": () => scene(BRICK, at(380, 686, 1.35, mug())),
  "CUP-TRAVEL-350": () => scene(SKY, at(400, 694, 1.22, travelCup())),
  "GIFT-SAMPLER-3": () =>
    scene(
      ROSE,
      at(206, 660, 0.72, bag({ ...espresso, weight: "125 g" })),
      at(594, 660, 0.72, bag({ ...sidamo, weight: "125 g" })),
      at(400, 700, 0.8, bag({ paper: "#D7A86E", label: "#2B3247", ink: "#F3C969", title: "OURS", line: "THIS MONTH", weight: "125 g", mark: bean })),
    ),
  "MCH-LEVER-01": () => scene(BRICK, at(410, 686, 1.06, lever())),
  "SRV-WORKSHOP-01": () => scene({ ...OCHRE, table: "#F0B94F" }, rect(0, 610, 800, 190, "#F0B94F"), at(400, 560, 1.25, apron())),
};

/** The wide picture at the head of the shop: some of the products on a shelf. */
export function shelf() {
  const things = [
    at(108, 438, 0.68, bag({ ...espresso, paper: "#E4572E", ink: "#B23C0C", weight: "250 g" })),
    at(372, 421, 0.72, kettle("#7FB898")),
    at(592, 438, 0.82, dripper()),
    at(772, 438, 0.6, mug()),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 520">${rect(0, 440, 900, 14, "#FF8A4C")}${rect(0, 454, 900, 66, "#0F1638")}${things.join("")}</svg>`;
}
