"""What Kawka costs and how fast it is, measured on a Kafka of its own, beside its peers in the same run."""
