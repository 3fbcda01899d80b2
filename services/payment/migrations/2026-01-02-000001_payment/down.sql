DROP TABLE ledger_entry;
DROP FUNCTION ledger_entry_is_final;
DROP TABLE webhook_event;
DROP TABLE refund;
DROP TABLE attempt;
DROP TABLE payment;
