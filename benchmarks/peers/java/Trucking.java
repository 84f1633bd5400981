import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Joined;
import org.apache.kafka.streams.kstream.KGroupedStream;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.apache.kafka.streams.kstream.Suppressed;
import org.apache.kafka.streams.kstream.Suppressed.BufferConfig;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.WindowStore;

/**
 * W2 by Kafka Streams, in its DSL: {@code java Trucking POSITIONS DANGEROUS DRIVERS JOINED WINDOWED TRUCKS
 * [property=value ...]}. TRUCKS: whether the last position and the counts of every truck are kept, too.
 */
public final class Trucking {
  private static final Serde<String> TEXT = Serdes.String();
  private static final Serde<byte[]> BYTES = Serdes.ByteArray();
  private static final Duration GRACE = Duration.ofSeconds(5);
  private static final byte[] DRIVER = ",\"driver\":".getBytes(StandardCharsets.UTF_8);
  private static final byte[] NULL = "null".getBytes(StandardCharsets.UTF_8);

  private Trucking() {}

  public static void main(String[] arguments) {
    Properties properties = Program.properties(arguments, 6);
    StreamsBuilder builder = new StreamsBuilder();
    Consumed<String, Position> consumed = Consumed.with(TEXT, Position.serde());
    KStream<String, Position> positions = builder.stream(arguments[0], consumed);
    if (Boolean.parseBoolean(arguments[5])) {
      positions.groupByKey(Grouped.with(TEXT, Position.serde())).aggregate(
          Truck::new,
          (id, position, truck) -> truck.after(position),
          Materialized.<String, Truck, KeyValueStore<Bytes, byte[]>>as("trucks").withValueSerde(Truck.serde()));
    }
    KStream<String, Position> dangerous = positions.filter((truck, position) -> position.dangerous());
    dangerous.to(arguments[1], Produced.with(TEXT, Position.serde()));
    join(dangerous, builder.table(arguments[2], Consumed.with(TEXT, BYTES), Materialized.as("drivers")), arguments[3]);
    windows(dangerous, arguments[4]);
    Program.run(builder.build(properties), properties);
  }

  private static void join(KStream<String, Position> dangerous, KTable<String, byte[]> drivers, String out) {
    dangerous
        .map((truck, position) -> KeyValue.pair(Long.toString(position.driverId()), position.raw()))
        .repartition(Repartitioned.<String, byte[]>as("driver").withKeySerde(TEXT).withValueSerde(BYTES))
        .leftJoin(drivers, Trucking::joined, Joined.with(TEXT, BYTES, BYTES))
        .to(out, Produced.with(TEXT, BYTES));
  }

  private static void windows(KStream<String, Position> dangerous, String out) {
    KGroupedStream<String, byte[]> byType = dangerous
        .map((truck, position) -> KeyValue.pair(position.eventType(), position.raw()))
        .repartition(Repartitioned.<String, byte[]>as("type").withKeySerde(TEXT).withValueSerde(BYTES))
        .groupByKey(Grouped.with(TEXT, BYTES));
    TimeWindows tumbling = TimeWindows.ofSizeAndGrace(Duration.ofSeconds(20), GRACE);
    TimeWindows hopping = TimeWindows.ofSizeAndGrace(Duration.ofSeconds(60), GRACE).advanceBy(Duration.ofSeconds(30));
    count(byType, tumbling, "tumbling", out);
    count(byType, hopping, "hopping", out);
  }

  private static void count(KGroupedStream<String, byte[]> byType, TimeWindows cut, String name, String out) {
    byType
        .windowedBy(cut)
        .count(Materialized.<String, Long, WindowStore<Bytes, byte[]>>as(name))
        .suppress(Suppressed.untilWindowCloses(BufferConfig.unbounded()))
        .toStream()
        .map((window, count) -> KeyValue.pair(window.key(), counted(window, count)))
        .to(out, Produced.with(TEXT, BYTES));
  }

  private static byte[] joined(byte[] event, byte[] driver) {
    byte[] known = driver == null ? NULL : driver;
    return ByteBuffer.allocate(event.length + DRIVER.length + known.length)
        .put(event, 0, event.length - 1).put(DRIVER).put(known).put((byte) '}').array();
  }

  private static byte[] counted(Windowed<String> window, long count) {
    long start = window.window().start();
    long end = window.window().end();
    String type = new String(JsonStringEncoder.getInstance().quoteAsString(window.key()));
    String json = "{\"windowStart\":" + start + ",\"windowEnd\":" + end + ",\"size\":" + (end - start)
        + ",\"eventType\":\"" + type + "\",\"count\":" + count + "}";
    return json.getBytes(StandardCharsets.UTF_8);
  }
}
