import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/** W1 by Kafka Streams: {@code java Main COMMANDS EVENTS RESULTS CACHED [property=value ...]}. */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    Properties properties = Program.properties(arguments, 4);
    Topology topology = topology(arguments[0], arguments[1], arguments[2], Boolean.parseBoolean(arguments[3]));
    Program.run(topology, properties);
  }

  private static Topology topology(String commands, String events, String results, boolean cached) {
    StoreBuilder<KeyValueStore<Bytes, byte[]>> invoices =
        Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(Judge.STORE), Serdes.Bytes(), Serdes.ByteArray());
    var bytes = Serdes.ByteArray();
    return new Topology()
        .addSource("commands", bytes.deserializer(), bytes.deserializer(), commands)
        .addProcessor("judge", Judge::new, "commands")
        .addStateStore(cached ? invoices.withCachingEnabled() : invoices.withCachingDisabled(), "judge")
        .addSink(Judge.EVENTS, events, bytes.serializer(), bytes.serializer(), "judge")
        .addSink(Judge.RESULTS, results, bytes.serializer(), bytes.serializer(), "judge");
  }
}
