// Stands for what `supabase gen types` writes, so that the templates compile. It is not generated.

export interface Database {
  [schema: string]: { Tables: { [table: string]: { Row: Record<string, unknown> } } };
}
