"""What Kafka is told: its properties and its JVM's options; and what its log means when it cannot start."""

PROPERTIES = """\
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port}
controller.listener.names=CONTROLLER
controller.quorum.voters=1@{host}:{controller_port}
log.dirs={log_dir}
auto.create.topics.enable=false
# largest record of any topic: dead letters wrap one of 1 MiB in up to 4; each topic has its own, lower limit
message.max.bytes=5242880
# one broker: no copies of the internal topics, and few partitions, as each costs files and start-up time
offsets.topic.replication.factor=1
offsets.topic.num.partitions=8
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=8
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
# a group of one machine is complete at once
group.initial.rebalance.delay.ms=0
# a broker that was killed is let in again after this long
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
log.cleaner.dedupe.buffer.size=16777216
num.network.threads=2
num.io.threads=4
"""

# Measured with four transactional producers: serial collection and the first compiler alone take the least CPU in
# the first minute (2.4 ms a transaction, 4.3 with the second compiler, 4.7 with G1) and start in 1.8 instead of 3.3 s.
SOON = ["-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
# As Kafka runs for months: slow for its first minute, then a transaction takes half the time.
LONG = ["-Xms1g", "-Xmx1g", "-XX:+UseSerialGC"]
JVM = [
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.awt.headless=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSS",
]

KNOWN_REASONS = (
    (r"No space left on device", "the disk is full"),
    (r"Address already in use", "its port was taken meanwhile"),
    (r"Failed to acquire lock on file", "another Kafka uses its data"),
    (r"Permission denied", "it may not write its data"),
)
