"""What finance asks of the ledger: invoices, allocation, budgets, exports."""
