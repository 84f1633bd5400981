import com.fasterxml.jackson.annotation.JsonFormat;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;

/** The same invoice, and the same rules, as app/domain/invoices.py: commands, events, decide, evolve. */
record Invoice(
    String invoiceId,
    String customerName,
    String customerEmail,
    String issueDate,
    String dueDate,
    List<LineItem> lineItems,
    String status,
    @JsonFormat(shape = JsonFormat.Shape.STRING) BigDecimal total,
    @JsonFormat(shape = JsonFormat.Shape.STRING) BigDecimal paid,
    @JsonFormat(shape = JsonFormat.Shape.STRING) BigDecimal balance,
    int version) {

  static final BigDecimal ZERO = new BigDecimal("0.00");
  static final int MOST_ITEMS = 100;

  record LineItem(String description, String quantity, String price) {
    BigDecimal amount() {
      return new BigDecimal(quantity).multiply(new BigDecimal(price)).setScale(2, RoundingMode.HALF_EVEN);
    }
  }

  /** Any command: the fields of all of them, null where it has none. */
  record Command(
      String commandId,
      String originId,
      Integer expectedVersion,
      String type,
      String customerName,
      String customerEmail,
      String issueDate,
      String dueDate,
      List<LineItem> lineItems,
      String description,
      String quantity,
      String price,
      Integer index,
      String amount) {}

  sealed interface Event
      permits Created, LineItemAdded, LineItemRemoved, Sent, PaymentReceived, Deleted {}

  record Created(String customerName, String customerEmail, String issueDate, String dueDate) implements Event {}

  record LineItemAdded(LineItem item) implements Event {}

  record LineItemRemoved(int index) implements Event {}

  record Sent() implements Event {}

  record PaymentReceived(BigDecimal amount) implements Event {}

  record Deleted() implements Event {}

  /** Why a command is refused: a stable code, a sentence, and the field at fault. */
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1L;
    final String code;
    final String field;

    Refused(String code, String field) {
      super(code, null, false, false);
      this.code = code;
      this.field = field;
    }
  }

  static Invoice initial(String id) {
    return new Invoice(id, "", "", "", "", List.of(), "Draft", ZERO, ZERO, ZERO, 0);
  }

  List<Event> decide(Command command) throws Refused {
    boolean create = command.type().equals("CreateInvoice");
    refuseIf(version == 0 && !create, "not-found", null);
    refuseIf(command.expectedVersion() != null && command.expectedVersion() != version, "version-conflict", "expectedVersion");
    refuseIf(status.equals("Deleted") && !create, "deleted", null);
    switch (command.type()) {
      case "AddLineItem":
        unfixed();
        refuseIf(lineItems.size() >= MOST_ITEMS, "too-many-items", null);
        LineItem item = new LineItem(command.description(), command.quantity(), command.price());
        Rules.item(item, "");
        return List.of(new LineItemAdded(item));
      case "CreateInvoice":
        return create(command);
      case "PayInvoice":
        return List.of(pay(command.amount()));
      case "RemoveLineItem":
        unfixed();
        refuseIf(command.index() < 0 || command.index() >= lineItems.size(), "no-such-item", "index");
        return List.of(new LineItemRemoved(command.index()));
      case "SendInvoice":
        refuseIf(!status.equals("Draft"), "not-draft", null);
        refuseIf(lineItems.isEmpty(), "no-items", null);
        return List.of(new Sent());
      case "DeleteInvoice":
        refuseIf(paid.signum() != 0, "has-payments", null);
        return List.of(new Deleted());
      default:
        throw new Refused("unknown-command", "type");
    }
  }

  Invoice evolve(Event event) {
    List<LineItem> items = lineItems;
    String now = status;
    BigDecimal sum = total;
    BigDecimal received = paid;
    if (event instanceof LineItemAdded added) {
      items = new ArrayList<>(lineItems.size() + 1);
      items.addAll(lineItems);
      items.add(added.item());
      sum = sum.add(added.item().amount());
    } else if (event instanceof PaymentReceived payment) {
      received = received.add(payment.amount());
      now = received.compareTo(sum) >= 0 ? "Paid" : now;
    } else if (event instanceof LineItemRemoved removed) {
      items = new ArrayList<>(lineItems);
      sum = sum.subtract(items.remove(removed.index()).amount());
    } else if (event instanceof Created created) {
      return new Invoice(invoiceId, created.customerName(), created.customerEmail(), created.issueDate(),
          created.dueDate(), List.of(), "Draft", ZERO, ZERO, ZERO, version + 1);
    } else {
      now = event instanceof Sent ? "Sent" : "Deleted";
    }
    return new Invoice(invoiceId, customerName, customerEmail, issueDate, dueDate, items, now, sum, received,
        sum.subtract(received), version + 1);
  }

  private List<Event> create(Command command) throws Refused {
    refuseIf(version > 0, "already-exists", null);
    Rules.head(command);
    List<LineItem> items = command.lineItems() == null ? List.of() : command.lineItems();
    refuseIf(items.size() > MOST_ITEMS, "too-many-items", "lineItems");
    List<Event> events = new ArrayList<>(items.size() + 1);
    events.add(new Created(command.customerName(), command.customerEmail(), command.issueDate(), command.dueDate()));
    for (int index = 0; index < items.size(); index++) {
      Rules.item(items.get(index), "lineItems[" + index + "].");
      events.add(new LineItemAdded(items.get(index)));
    }
    return events;
  }

  private Event pay(String amount) throws Refused {
    refuseIf(status.equals("Paid"), "already-paid", null);
    if (amount == null) {
      refuseIf(balance.signum() == 0, "nothing-to-pay", null);
      return new PaymentReceived(balance);
    }
    refuseIf(!Rules.AMOUNT.matcher(amount).matches(), "invalid-amount", "amount");
    BigDecimal paying = new BigDecimal(amount).setScale(2, RoundingMode.UNNECESSARY);
    refuseIf(paying.compareTo(balance) > 0, "amount-exceeds-balance", "amount");
    return new PaymentReceived(paying);
  }

  private void unfixed() throws Refused {
    refuseIf(!status.equals("Draft"), "not-draft", null);
    refuseIf(paid.signum() != 0, "has-payments", null);
  }

  static void refuseIf(boolean so, String code, String field) throws Refused {
    if (so) {
      throw new Refused(code, field);
    }
  }
}
