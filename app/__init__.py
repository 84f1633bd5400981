"""Kawka: event sourcing on Faust and Apache Kafka."""
