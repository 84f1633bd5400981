"""The engine: exactly-once batches over Kafka on Faust's extension points. It knows no domain."""
