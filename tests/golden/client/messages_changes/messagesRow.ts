// Rows of public.messages, untyped.

export type MessagesRow = Record<string, unknown>;
