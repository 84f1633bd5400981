"""The cluster on this machine: Kafka and the processes of `kawka up`, started, watched and stopped from Python."""
