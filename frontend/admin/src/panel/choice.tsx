import TextField from "@mui/material/TextField";

interface Props {
  label: string;
  value: string;
  options: readonly (readonly [value: string, label: string])[];
  onChange: (value: string) => void;
  width?: number;
}

/** One of a few, in the browser's own list, which every keyboard and telephone knows. */
export function Choice({ label, value, options, onChange, width = 180 }: Props) {
  return (
    <TextField
      select
      size="small"
      label={label}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      slotProps={{ select: { native: true }, inputLabel: { shrink: true } }}
      sx={{ width: { xs: "100%", sm: width } }}
    >
      {options.map(([each, words]) => (
        <option key={each} value={each}>
          {words}
        </option>
      ))}
    </TextField>
  );
}
