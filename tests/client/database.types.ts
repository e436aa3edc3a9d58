// As `supabase gen types typescript` writes it, of the application in tests/generation/world.py.

export type Json =
  | string
  | number
  | boolean
  | null
  | { [key: string]: Json | undefined }
  | Json[]

export type Database = {
  // Allows to automatically instantiate createClient with right options
  // instead of createClient<Database, { PostgrestVersion: 'XX' }>(URL, KEY)
  __InternalSupabase: {
    PostgrestVersion: "13.0.5"
  }
  public: {
    Tables: {
      documents: {
        Row: {
          id: number
          labels: Json | null
          price: number | null
          tenant_id: string | null
          title: string
          updated_at: string | null
        }
        Insert: {
          id: number
          labels?: Json | null
          price?: number | null
          tenant_id?: string | null
          title: string
          updated_at?: string | null
        }
        Update: {
          id?: number
          labels?: Json | null
          price?: number | null
          tenant_id?: string | null
          title?: string
          updated_at?: string | null
        }
        Relationships: [
          {
            foreignKeyName: "fk_0"
            columns: ["tenant_id"]
            isOneToOne: false
            referencedRelation: "tenants"
            referencedColumns: ["id"]
          },
        ]
      }
      messages: {
        Row: {
          author_id: string | null
          body: string
          id: string
          kind: Database["public"]["Enums"]["message_kind"]
          thread_id: string
        }
        Insert: {
          author_id?: string | null
          body: string
          id: string
          kind?: Database["public"]["Enums"]["message_kind"]
          thread_id: string
        }
        Update: {
          author_id?: string | null
          body?: string
          id?: string
          kind?: Database["public"]["Enums"]["message_kind"]
          thread_id?: string
        }
        Relationships: []
      }
      "order-items": {
        Row: {
          id: string
          tenant_id: string
          title: string | null
        }
        Insert: {
          id: string
          tenant_id: string
          title?: string | null
        }
        Update: {
          id?: string
          tenant_id?: string
          title?: string | null
        }
        Relationships: []
      }
    }
    Views: {
      [_ in never]: never
    }
    Functions: {
      is_member: { Args: { tenant: string }; Returns: boolean }
    }
    Enums: {
      message_kind: "text" | "image"
    }
    CompositeTypes: {
      [_ in never]: never
    }
  }
}

type DatabaseWithoutInternals = Omit<Database, "__InternalSupabase">

type DefaultSchema = DatabaseWithoutInternals[Extract<keyof Database, "public">]

export type Tables<TableName extends keyof DefaultSchema["Tables"]> =
  DefaultSchema["Tables"][TableName] extends { Row: infer R } ? R : never

export const Constants = {
  public: {
    Enums: {
      message_kind: ["text", "image"],
    },
  },
} as const
