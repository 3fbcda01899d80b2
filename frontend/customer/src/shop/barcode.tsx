import Box from "@mui/material/Box";

/** Code 39, narrow and wide elements by letter; wide ones are written as 1. */
const CODES: Record<string, string> = {
  "0": "000110100", "1": "100100001", "2": "001100001", "3": "101100000", "4": "000110001", "5": "100110000", "6": "001110000",
  "7": "000100101", "8": "100100100", "9": "001100100", A: "100001001", B: "001001001", C: "101001000", D: "000011001", E: "100011000",
  F: "001011000", G: "000001101", H: "100001100", I: "001001100", J: "000011100", K: "100000011", L: "001000011", M: "101000010",
  N: "000010011", O: "100010010", P: "001010010", Q: "000000111", R: "100000110", S: "001000110", T: "000010110", U: "110000001",
  V: "011000001", W: "111000000", X: "010010001", Y: "110010000", Z: "011010000", "-": "010000101", ".": "110000100", " ": "011000100", "*": "010010100",
};
const WIDE = 2.5;

/** The bars of a text: where each one begins and how wide it is. */
export function bars(text: string): { bars: { x: number; width: number }[]; width: number } {
  const found: { x: number; width: number }[] = [];
  let x = 0;
  for (const letter of `*${text.toUpperCase()}*`) {
    const code = CODES[letter];
    if (!code) continue;
    [...code].forEach((element, index) => {
      const width = element === "1" ? WIDE : 1;
      if (index % 2 === 0) found.push({ x, width });
      x += width;
    });
    x += 1;
  }
  return { bars: found, width: x - 1 };
}

/** A text as a barcode that a scanner reads. */
export function Barcode({ text }: { text: string }) {
  const { bars: drawn, width } = bars(text);
  return (
    <Box sx={{ bgcolor: "#fff", p: 1, borderRadius: "4px" }}>
      <svg viewBox={`0 0 ${width} 26`} width="100%" height="44" preserveAspectRatio="none" aria-hidden="true" shapeRendering="crispEdges">
        {drawn.map((bar) => (
          <rect key={bar.x} x={bar.x} y="0" width={bar.width} height="26" fill="#131A2E" />
        ))}
      </svg>
    </Box>
  );
}
