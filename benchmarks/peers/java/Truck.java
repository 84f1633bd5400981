import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;

/** What tables/trucks.py knows of a truck. The last position is never decoded again: its bytes are spliced in. */
record Truck(long events, long dangerous, Map<String, Long> byType, @JsonIgnore byte[] last) {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
  private static final ObjectReader READER = MAPPER.readerFor(Truck.class);
  private static final ObjectWriter WRITER = MAPPER.writerFor(Truck.class);
  private static final byte[] LAST = ",\"last\":".getBytes(StandardCharsets.UTF_8);

  Truck() {
    this(0, 0, Map.of(), null);
  }

  static Serde<Truck> serde() {
    return Serdes.serdeFrom((topic, truck) -> truck.encoded(), (topic, raw) -> raw == null ? null : decode(raw));
  }

  Truck after(Position position) {
    Map<String, Long> counts = new TreeMap<>(byType);
    counts.merge(position.eventType(), 1L, Long::sum);
    return new Truck(events + 1, dangerous + (position.dangerous() ? 1 : 0), counts, position.raw());
  }

  private byte[] encoded() {
    try {
      byte[] counts = WRITER.writeValueAsBytes(this);
      return ByteBuffer.allocate(counts.length + LAST.length + last.length)
          .put(counts, 0, counts.length - 1).put(LAST).put(last).put((byte) '}').array();
    } catch (IOException unencodable) {
      throw new SerializationException(unencodable);
    }
  }

  private static Truck decode(byte[] raw) {
    try {
      return READER.readValue(raw);
    } catch (IOException undecodable) {
      throw new SerializationException(undecodable);
    }
  }
}
