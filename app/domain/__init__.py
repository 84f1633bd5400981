"""Pure rules, one file an aggregate: Commands, Events, State, Decisions. Imports nothing of Kafka, Faust or the web."""
