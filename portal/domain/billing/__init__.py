"""What is owed and why: installments, invoices, lines, allocations, credits, holds."""
