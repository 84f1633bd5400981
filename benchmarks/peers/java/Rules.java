import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.regex.Pattern;

/** What texts and numbers have to look like, as app/domain/texts.py and decimals.py have it. */
final class Rules {
  static final Pattern AMOUNT = Pattern.compile("(?=[0-9.]*[1-9])(?:0|[1-9][0-9]*)(?:\\.[0-9]{1,2})?");
  private static final Pattern QUANTITY =
      Pattern.compile("(?=[0-9.]*[1-9])(?:0|[1-9][0-9]{0,8})(?:\\.[0-9]{1,6})?");
  private static final Pattern PRICE = Pattern.compile("(?:0|[1-9][0-9]{0,8})(?:\\.[0-9]{1,2})?");
  private static final Pattern EMAIL = Pattern.compile("[^\\s@]{1,64}@(?:[^\\s@.]{1,63}\\.)+[^\\s@.]{1,63}");
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9_.:-]{1,64}");

  private Rules() {}

  static boolean id(String text) {
    return text != null && ID.matcher(text).matches();
  }

  static void head(Invoice.Command command) throws Invoice.Refused {
    Invoice.refuseIf(!line(command.customerName(), 200), "invalid-name", "customerName");
    String email = command.customerEmail();
    Invoice.refuseIf(!line(email, 254) || !EMAIL.matcher(email).matches(), "invalid-email", "customerEmail");
    Invoice.refuseIf(!date(command.issueDate()), "invalid-date", "issueDate");
    Invoice.refuseIf(!date(command.dueDate()), "invalid-date", "dueDate");
    Invoice.refuseIf(command.dueDate().compareTo(command.issueDate()) < 0, "due-before-issue", "dueDate");
  }

  static void item(Invoice.LineItem item, String path) throws Invoice.Refused {
    Invoice.refuseIf(!line(item.description(), 500), "invalid-description", path + "description");
    Invoice.refuseIf(!matches(QUANTITY, item.quantity()), "invalid-quantity", path + "quantity");
    Invoice.refuseIf(!matches(PRICE, item.price()), "invalid-price", path + "price");
  }

  private static boolean line(String text, int longest) {
    return text != null
        && !text.isBlank()
        && text.length() <= longest
        && text.chars().noneMatch(Character::isISOControl);
  }

  private static boolean matches(Pattern pattern, String text) {
    return text != null && pattern.matcher(text).matches();
  }

  private static boolean date(String text) {
    if (text == null || text.length() != 10) {
      return false;
    }
    try {
      LocalDate.parse(text);
      return true;
    } catch (DateTimeException impossible) {
      return false;
    }
  }
}
