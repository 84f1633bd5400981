import static org.apache.kafka.streams.CloseOptions.GroupMembershipOperation.LEAVE_GROUP;

import java.time.Duration;
import java.util.Properties;
import java.util.TreeSet;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.StateRestoreListener;

/**
 * Runs a topology, exactly once, until it is told to end.
 *
 * <p>It says on its output what befalls it, each line with nanoseconds of the monotonic clock: "state", "owns",
 * "restored".
 */
final class Program {
  private Program() {}

  static Properties properties(String[] arguments, int first) {
    Properties properties = new Properties();
    properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    for (int index = first; index < arguments.length; index++) {
      String[] pair = arguments[index].split("=", 2);
      properties.put(pair[0], pair[1]);
    }
    return properties;
  }

  static void run(Topology topology, Properties properties) {
    KafkaStreams streams = new KafkaStreams(topology, properties);
    streams.setGlobalStateRestoreListener(new Restoring());
    streams.setStateListener((now, before) -> {
      say("state " + now);
      if (now == KafkaStreams.State.RUNNING) {
        say("owns " + owned(streams));
      }
    });
    // Its members stay in the group by default, and whoever starts next waits for the session timeout.
    CloseOptions leaving = CloseOptions.timeout(Duration.ofSeconds(7)).withGroupMembershipOperation(LEAVE_GROUP);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(leaving)));
    streams.start();
  }

  private static String owned(KafkaStreams streams) {
    TreeSet<Integer> partitions = new TreeSet<>();
    streams.metadataForLocalThreads().forEach(thread -> thread.activeTasks().forEach(
        task -> task.topicPartitions().forEach(one -> partitions.add(one.partition()))));
    return partitions.toString().replaceAll("[\\[\\] ]", "");
  }

  private static synchronized void say(String what) {
    System.out.println(what + " @" + System.nanoTime());
  }

  private static final class Restoring implements StateRestoreListener {
    @Override
    public void onRestoreStart(TopicPartition partition, String store, long from, long to) {
      say("restoring " + partition.partition() + " " + (to - from));
    }

    @Override
    public void onBatchRestored(TopicPartition partition, String store, long offset, long count) {}

    @Override
    public void onRestoreEnd(TopicPartition partition, String store, long count) {
      say("restored " + partition.partition() + " " + count);
    }
  }
}
