import { config } from "zod";

// Compiled checks would need `unsafe-eval` in the Content-Security-Policy.
config({ jitless: true });
