import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueStore;

/** Decides each command: events and a result out, the snapshot into the store. */
final class Judge implements Processor<byte[], byte[], byte[], byte[]> {
  static final String STORE = "invoices";
  static final String EVENTS = "events";
  static final String RESULTS = "results";

  private final Json json = new Json();
  private ProcessorContext<byte[], byte[]> context;
  private KeyValueStore<Bytes, byte[]> store;

  @Override
  public void init(ProcessorContext<byte[], byte[]> context) {
    this.context = context;
    this.store = context.getStateStore(STORE);
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    try {
      judge(record);
    } catch (IOException undecodable) {
      throw new IllegalArgumentException(undecodable);
    }
  }

  private void judge(Record<byte[], byte[]> record) throws IOException {
    Invoice.Command command = json.command(record.value());
    String id = new String(record.key(), StandardCharsets.UTF_8);
    if (!Rules.id(id) || !Rules.id(command.commandId()) || !Rules.id(command.originId())) {
      throw new IOException("an id is not what it should be");
    }
    Bytes key = Bytes.wrap(record.key());
    byte[] before = store.get(key);
    Invoice invoice = before == null ? Invoice.initial(id) : json.invoice(before);
    byte[] result;
    try {
      for (Invoice.Event event : invoice.decide(command)) {
        invoice = invoice.evolve(event);
        byte[] value = json.event(event, command, invoice.version(), record.timestamp());
        context.forward(record.withValue(value), EVENTS);
      }
      byte[] snapshot = json.snapshot(invoice);
      store.put(key, snapshot);
      result = json.accepted(command, invoice.version(), position(), snapshot);
    } catch (Invoice.Refused why) {
      result = json.refused(command, invoice.version(), position(), why);
    }
    context.forward(record.withValue(result), RESULTS);
  }

  private String position() {
    RecordMetadata at = context.recordMetadata().orElseThrow();
    return at.topic() + "-" + at.partition() + ":" + (at.offset() + 1);
  }
}
