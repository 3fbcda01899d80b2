import "./no-eval";
import TextField, { type TextFieldProps } from "@mui/material/TextField";
import { Controller, type Control, type FieldPath, type FieldValues } from "react-hook-form";

type Props<T extends FieldValues> = Omit<TextFieldProps, "name"> & { control: Control<T>; name: FieldPath<T> };

/** A field of a form with its error below. */
export function TextInput<T extends FieldValues>({ control, name, helperText, ...rest }: Props<T>) {
  return (
    <Controller
      control={control}
      name={name}
      render={({ field: { ref, ...field }, fieldState: { error } }) => (
        <TextField {...rest} {...field} value={field.value ?? ""} inputRef={ref} error={Boolean(error)} helperText={error?.message ?? helperText} />
      )}
    />
  );
}
