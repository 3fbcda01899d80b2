// Shapes from which the pictures of the products are put together. All stand on a canvas of 800 × 800.

const round = (number) => Math.round(number * 10) / 10;

/** An element with its attributes and children. */
export function el(name, attributes = {}, ...children) {
  const said = Object.entries(attributes)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([key, value]) => ` ${key}="${typeof value === "number" ? round(value) : value}"`)
    .join("");
  const inside = children.flat(9).filter(Boolean).join("");
  return inside ? `<${name}${said}>${inside}</${name}>` : `<${name}${said}/>`;
}

export const group = (attributes, ...children) => el("g", attributes, ...children);
export const path = (d, fill, more = {}) => el("path", { d, fill, ...more });
export const line = (d, stroke, width, more = {}) =>
  el("path", { d, fill: "none", stroke, "stroke-width": width, "stroke-linecap": "round", "stroke-linejoin": "round", ...more });
export const rect = (x, y, width, height, fill, rx = 0, more = {}) => el("rect", { x, y, width, height, rx: rx || undefined, fill, ...more });
export const circle = (cx, cy, r, fill, more = {}) => el("circle", { cx, cy, r, fill, ...more });
export const ellipse = (cx, cy, rx, ry, fill, more = {}) => el("ellipse", { cx, cy, rx, ry, fill, ...more });
export const at = (x, y, scale, ...children) => group({ transform: `translate(${round(x)} ${round(y)}) scale(${scale})` }, ...children);

/** A text in capitals, drawn by the viewer's own sturdy font. */
export function text(x, y, size, fill, words, more = {}) {
  return el("text", { x, y, "font-size": size, fill, "font-family": "'Arial Narrow','Helvetica Neue',Arial,sans-serif", "font-weight": 700, "text-anchor": "middle", "letter-spacing": size * 0.06, ...more }, words);
}

/** The shadow of something that stands on the table. */
export const shadow = (cx, cy, rx, ry = rx * 0.13) => ellipse(cx, cy, rx, ry, "#0B1020", { opacity: 0.22 });

/** A light band along the left of a body, and a dark one along its right: the lamp stands to the left. */
export function shade(body, x, width) {
  const id = `c${Math.abs(hash(body))}`;
  return [
    el("clipPath", { id }, path(body, "#000")),
    group({ "clip-path": `url(#${id})` }, rect(x + width * 0.72, -800, width, 1600, "#0B1020", 0, { opacity: 0.16 }), rect(x + width * 0.08, -800, width * 0.1, 1600, "#FFFFFF", 0, { opacity: 0.16 })),
  ];
}

function hash(words) {
  let value = 7;
  for (const letter of words) value = (value * 31 + letter.charCodeAt(0)) | 0;
  return value;
}

/** Steam, drawn as two lazy lines. */
export function steam(x, y, colour = "#FFFFFF") {
  const wave = (dx) => `M${x + dx} ${y}c-22 -26 22 -46 0 -74c-20 -26 18 -42 2 -66`;
  return [line(wave(-26), colour, 9, { opacity: 0.75 }), line(wave(26), colour, 9, { opacity: 0.5 })];
}

/** The ground of a picture: wall and table, and a disc of light behind the product. */
export function scene({ wall, table, light }, ...things) {
  return el(
    "svg",
    { xmlns: "http://www.w3.org/2000/svg", viewBox: "0 0 800 800" },
    rect(0, 0, 800, 800, wall),
    circle(400, 380, 300, light, { opacity: 0.55 }),
    rect(0, 610, 800, 190, table),
    rect(0, 610, 800, 5, "#0B1020", 0, { opacity: 0.1 }),
    things,
  );
}
