import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** Records to bytes and back. A snapshot is encoded once and its bytes are spliced into the result. */
final class Json {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
  private static final JsonFactory FACTORY = MAPPER.getFactory();
  private static final ObjectReader COMMANDS = MAPPER.readerFor(Invoice.Command.class);
  private static final ObjectReader INVOICES = MAPPER.readerFor(Invoice.class);
  private static final ObjectWriter WRITER = MAPPER.writerFor(Invoice.class);
  private static final DateTimeFormatter RFC3339 =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  private long lastMs = -1;
  private String lastAt = "";

  Invoice.Command command(byte[] raw) throws IOException {
    return COMMANDS.readValue(raw);
  }

  Invoice invoice(byte[] raw) throws IOException {
    return INVOICES.readValue(raw);
  }

  byte[] snapshot(Invoice invoice) throws IOException {
    return WRITER.writeValueAsBytes(invoice);
  }

  byte[] event(Invoice.Event event, Invoice.Command cause, int version, long ms) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
    try (JsonGenerator json = FACTORY.createGenerator(bytes)) {
      json.writeStartObject();
      json.writeStringField("commandId", cause.commandId());
      json.writeNumberField("version", version);
      json.writeStringField("at", at(ms));
      fields(json, event);
      json.writeEndObject();
    }
    return bytes.toByteArray();
  }

  byte[] accepted(Invoice.Command command, int version, String position, byte[] snapshot) {
    byte[] head = head(command, true, version, position, "snapshot");
    return ByteBuffer.allocate(head.length + snapshot.length + 1).put(head).put(snapshot).put((byte) '}').array();
  }

  byte[] refused(Invoice.Command command, int version, String position, Invoice.Refused why) {
    byte[] head = head(command, false, version, position, "error");
    String field = why.field == null ? "" : ",\"field\":\"" + why.field + "\"";
    String error = "{\"code\":\"" + why.code + "\",\"message\":\"" + why.code + "\"" + field + "}}";
    byte[] tail = error.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(head.length + tail.length).put(head).put(tail).array();
  }

  private static byte[] head(Invoice.Command command, boolean ok, int version, String position, String last) {
    // The ids were checked: they hold no quotes.
    String head = "{\"commandId\":\"" + command.commandId() + "\",\"originId\":\"" + command.originId()
        + "\",\"ok\":" + ok + ",\"version\":" + version + ",\"position\":\"" + position + "\",\"" + last + "\":";
    return head.getBytes(StandardCharsets.UTF_8);
  }

  private static void fields(JsonGenerator json, Invoice.Event event) throws IOException {
    if (event instanceof Invoice.LineItemAdded added) {
      json.writeStringField("type", "LineItemAdded");
      json.writeStringField("description", added.item().description());
      json.writeStringField("quantity", added.item().quantity());
      json.writeStringField("price", added.item().price());
    } else if (event instanceof Invoice.Created created) {
      json.writeStringField("type", "InvoiceCreated");
      json.writeStringField("customerName", created.customerName());
      json.writeStringField("customerEmail", created.customerEmail());
      json.writeStringField("issueDate", created.issueDate());
      json.writeStringField("dueDate", created.dueDate());
    } else if (event instanceof Invoice.LineItemRemoved removed) {
      json.writeStringField("type", "LineItemRemoved");
      json.writeNumberField("index", removed.index());
    } else if (event instanceof Invoice.PaymentReceived payment) {
      json.writeStringField("type", "PaymentReceived");
      json.writeStringField("amount", payment.amount().toPlainString());
    } else {
      json.writeStringField("type", event instanceof Invoice.Sent ? "InvoiceSent" : "InvoiceDeleted");
    }
  }

  private String at(long ms) {
    if (ms != lastMs) {
      lastMs = ms;
      lastAt = RFC3339.format(Instant.ofEpochMilli(ms));
    }
    return lastAt;
  }
}
