import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.IOException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;

/** A record of truck_position, decoded once; its bytes go on as they came. */
record Position(
    long timestamp,
    long truckId,
    long driverId,
    long routeId,
    String eventType,
    double latitude,
    double longitude,
    String correlationId,
    @JsonIgnore byte[] raw) {
  private static final ObjectReader READER = new ObjectMapper().readerFor(Position.class);

  static Serde<Position> serde() {
    return Serdes.serdeFrom((topic, position) -> position.raw, (topic, raw) -> raw == null ? null : decode(raw));
  }

  boolean dangerous() {
    return !eventType.equals("Normal");
  }

  private static Position decode(byte[] raw) {
    try {
      Position told = READER.readValue(raw);
      return new Position(told.timestamp, told.truckId, told.driverId, told.routeId, told.eventType, told.latitude,
          told.longitude, told.correlationId, raw);
    } catch (IOException undecodable) {
      throw new SerializationException(undecodable);
    }
  }
}
