/** Server-sent events at hand. */
export class FakeStreams {
  /** The streams that were opened, oldest first: from which id, and how to go on with them. */
  opened: { path: string; lastEventId: string | null; token: string | null; say: (text: string) => void; cut: (error?: Error) => void }[] = [];
  /** Answers the next ones instead. */
  refusals: Response[] = [];

  open(path: string, request: Request): Response {
    const refusal = this.refusals.shift();
    if (refusal) return refusal;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        const say = (text: string) => controller.enqueue(new TextEncoder().encode(text));
        const cut = (error?: Error) => (error ? controller.error(error) : controller.close());
        const { headers } = request;
        this.opened.push({ path, lastEventId: headers.get("Last-Event-ID"), token: headers.get("Authorization"), say, cut });
        say("retry: 5\n\n");
      },
    });
    return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
  }

  /** Says something on the newest stream. */
  say(text: string): void {
    this.opened.at(-1)!.say(text);
  }

  /** Ends the newest stream, or breaks it. */
  cut(error?: Error): void {
    this.opened.at(-1)!.cut(error);
  }
}
