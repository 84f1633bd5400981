/* Record batches of Kafka (magic 2, not compressed): filled, checked and unpacked.
 *
 * Optional: without a C compiler app/engine/batches.py and records.py take aiokafka's, which make the same bytes and
 * records. Theirs have a table's CRC-32C (1 ns a byte, where the processor's own instruction takes a tenth), an object
 * more for each record, and two calls for what is one here.
 * Format: Kafka's DefaultRecordBatch.java and DefaultRecord.java. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

enum { LENGTH = 8, EPOCH = 12, MAGIC = 16, CRC = 17, ATTRIBUTES = 21, LAST_DELTA = 23, FIRST_TIME = 27, MAX_TIME = 35,
       PRODUCER = 43, PRODUCER_EPOCH = 51, SEQUENCE = 53, COUNT = 57, HEAD = 61 };
enum { APPEND_TIME = 0x08, TRANSACTIONAL = 0x10 };
enum { FIRST_ROOM = 16384, MORE_ROOM = 4, LEAST_RECORD = 7, PAIRS = 8 };

/* --- CRC-32C */

static uint32_t crc_table[8][256];

static void fill_crc_table(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (crc & 1 ? 0x82f63b78u : 0);
        crc_table[0][i] = crc;
    }
    for (uint32_t i = 0; i < 256; i++)
        for (int row = 1; row < 8; row++)
            crc_table[row][i] = (crc_table[row - 1][i] >> 8) ^ crc_table[0][crc_table[row - 1][i] & 0xff];
}

static uint32_t crc_by_table(uint32_t crc, const uint8_t *at, size_t size)
{
    for (; size >= 8; at += 8, size -= 8) {
        crc ^= at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
        crc = crc_table[7][crc & 0xff] ^ crc_table[6][crc >> 8 & 0xff] ^ crc_table[5][crc >> 16 & 0xff]
            ^ crc_table[4][crc >> 24] ^ crc_table[3][at[4]] ^ crc_table[2][at[5]] ^ crc_table[1][at[6]]
            ^ crc_table[0][at[7]];
    }
    while (size--)
        crc = (crc >> 8) ^ crc_table[0][(crc ^ *at++) & 0xff];
    return crc;
}

#if defined(__x86_64__) && defined(__GNUC__)
#include <nmmintrin.h>
__attribute__((target("sse4.2"))) static uint32_t crc_by_processor(uint32_t crc, const uint8_t *at, size_t size)
{
    uint64_t wide = crc, word;
    for (; size >= 8; at += 8, size -= 8) {
        memcpy(&word, at, 8);
        wide = _mm_crc32_u64(wide, word);
    }
    crc = (uint32_t)wide;
    while (size--)
        crc = _mm_crc32_u8(crc, *at++);
    return crc;
}
#define PROCESSOR_HAS_CRC __builtin_cpu_supports("sse4.2")
#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
static uint32_t crc_by_processor(uint32_t crc, const uint8_t *at, size_t size)
{
    uint64_t word;
    for (; size >= 8; at += 8, size -= 8) {
        memcpy(&word, at, 8);
        crc = __crc32cd(crc, word);
    }
    while (size--)
        crc = __crc32cb(crc, *at++);
    return crc;
}
#define PROCESSOR_HAS_CRC 1
#else
#define crc_by_processor crc_by_table
#define PROCESSOR_HAS_CRC 0
#endif

static uint32_t (*crc_of)(uint32_t, const uint8_t *, size_t) = crc_by_table;

static uint32_t crc32c(const uint8_t *at, size_t size)
{
    return ~crc_of(~0u, at, size);
}

/* --- numbers */

static void put(uint8_t *at, uint64_t number, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--, number >>= 8)
        at[i] = (uint8_t)number;
}

static uint64_t take(const uint8_t *at, int bytes)
{
    uint64_t number = 0;
    for (int i = 0; i < bytes; i++)
        number = number << 8 | at[i];
    return number;
}

static uint64_t zigzag(int64_t number)
{
    return (uint64_t)number << 1 ^ (uint64_t)(number >> 63);
}

static Py_ssize_t varint_size(int64_t number)
{
    Py_ssize_t size = 1;
    for (uint64_t rest = zigzag(number); rest >= 0x80; rest >>= 7)
        size++;
    return size;
}

static uint8_t *put_varint(uint8_t *at, int64_t number)
{
    uint64_t rest = zigzag(number);
    for (; rest >= 0x80; rest >>= 7)
        *at++ = (uint8_t)(rest | 0x80);
    *at++ = (uint8_t)rest;
    return at;
}

/* Gives false when it does not end before `end`. */
static int take_varint(const uint8_t **at, const uint8_t *end, int64_t *number)
{
    uint64_t found = 0;
    for (int shift = 0; *at < end && shift < 64; shift += 7) {
        uint8_t byte = *(*at)++;
        found |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            *number = (int64_t)(found >> 1) ^ -(int64_t)(found & 1);
            return 1;
        }
    }
    return 0;
}

/* --- filling */

typedef struct {
    PyObject_HEAD
    PyObject *bytes; /* NULL once it is built */
    Py_ssize_t used, most;
    int64_t first_time, max_time, producer;
    int32_t last, count, sequence;
    int16_t epoch;
} Builder;

static int Builder_init(Builder *self, PyObject *args, PyObject *names)
{
    static char *keywords[] = {"most_bytes", NULL};
    if (!PyArg_ParseTupleAndKeywords(args, names, "n", keywords, &self->most))
        return -1;
    Py_XSETREF(self->bytes, PyBytes_FromStringAndSize(NULL, FIRST_ROOM));
    self->used = HEAD;
    self->count = 0;
    self->producer = self->epoch = self->sequence = -1;
    return self->bytes ? 0 : -1;
}

static void Builder_dealloc(Builder *self)
{
    Py_XDECREF(self->bytes);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

/* The bytes of a key or value: -1 for None, -2 with an error set for what is neither. */
static Py_ssize_t bytes_of(PyObject *object, const char **data)
{
    *data = NULL;
    if (object == Py_None)
        return -1;
    if (!PyBytes_Check(object)) {
        PyErr_Format(PyExc_TypeError, "bytes or None expected, not %.100s", Py_TYPE(object)->tp_name);
        return -2;
    }
    *data = PyBytes_AS_STRING(object);
    return PyBytes_GET_SIZE(object);
}

static Py_ssize_t blob_size(Py_ssize_t size)
{
    return varint_size(size) + (size > 0 ? size : 0);
}

static uint8_t *put_blob(uint8_t *at, const char *data, Py_ssize_t size)
{
    at = put_varint(at, size);
    if (size > 0) {
        memcpy(at, data, (size_t)size);
        at += size;
    }
    return at;
}

static int header_of(PyObject *pair, const char **name, Py_ssize_t *name_size, const char **data, Py_ssize_t *size)
{
    if (!PyTuple_Check(pair) || PyTuple_GET_SIZE(pair) != 2) {
        PyErr_SetString(PyExc_TypeError, "a header is a tuple of its name and its value");
        return 0;
    }
    *name = PyUnicode_AsUTF8AndSize(PyTuple_GET_ITEM(pair, 0), name_size);
    return *name && (*size = bytes_of(PyTuple_GET_ITEM(pair, 1), data)) != -2;
}

PyDoc_STRVAR(append_doc, "append(offset, timestamp, key, value, headers)\n--\n\n"
    "Add a record: True, or None when it does not fit any more. The first one always fits.");

static PyObject *Builder_append(Builder *self, PyObject *const *args, Py_ssize_t given)
{
    const char *key, *value, *name, *data;
    Py_ssize_t name_size, size;
    if (given != 5) {
        PyErr_SetString(PyExc_TypeError, "append takes offset, timestamp, key, value and headers");
        return NULL;
    }
    if (!self->bytes) {
        PyErr_SetString(PyExc_ValueError, "the batch is built");
        return NULL;
    }
    int32_t offset = (int32_t)PyLong_AsLong(args[0]);
    int64_t time = PyLong_AsLongLong(args[1]);
    if (PyErr_Occurred())
        return NULL;
    Py_ssize_t key_size = bytes_of(args[2], &key), value_size = key_size == -2 ? -2 : bytes_of(args[3], &value);
    if (value_size == -2)
        return NULL;
    if (!PyList_Check(args[4]) && !PyTuple_Check(args[4])) {
        PyErr_SetString(PyExc_TypeError, "headers are a list or a tuple");
        return NULL;
    }
    Py_ssize_t headers = PySequence_Fast_GET_SIZE(args[4]);
    PyObject **pairs = PySequence_Fast_ITEMS(args[4]);
    int64_t delta = self->count ? time - self->first_time : 0;

    Py_ssize_t body = 1 + varint_size(delta) + varint_size(offset) + blob_size(key_size) + blob_size(value_size)
        + varint_size(headers);
    for (Py_ssize_t i = 0; i < headers; i++) {
        if (!header_of(pairs[i], &name, &name_size, &data, &size))
            return NULL;
        body += blob_size(name_size) + blob_size(size);
    }
    Py_ssize_t after = self->used + varint_size(body) + body;
    if (after > self->most && self->count)
        Py_RETURN_NONE;
    if (after > PyBytes_GET_SIZE(self->bytes)) {
        Py_ssize_t room = PyBytes_GET_SIZE(self->bytes) * MORE_ROOM;
        if (_PyBytes_Resize(&self->bytes, room > after ? room : after) < 0)
            return NULL;
    }

    uint8_t *at = (uint8_t *)PyBytes_AS_STRING(self->bytes) + self->used;
    at = put_varint(at, body);
    *at++ = 0; /* attributes: none are in use */
    at = put_varint(at, delta);
    at = put_varint(at, offset);
    at = put_blob(at, key, key_size);
    at = put_blob(at, value, value_size);
    at = put_varint(at, headers);
    for (Py_ssize_t i = 0; i < headers; i++) {
        header_of(pairs[i], &name, &name_size, &data, &size);
        at = put_blob(put_blob(at, name, name_size), data, size);
    }
    if (!self->count)
        self->first_time = self->max_time = time;
    if (time > self->max_time)
        self->max_time = time;
    self->last = offset;
    self->count++;
    self->used = after;
    Py_RETURN_TRUE;
}

PyDoc_STRVAR(producer_doc, "set_producer_state(producer_id, epoch, sequence)\n--\n\nSay who writes the batch, and its place.");

static PyObject *Builder_set_producer_state(Builder *self, PyObject *args)
{
    long long producer;
    if (!PyArg_ParseTuple(args, "Lhi", &producer, &self->epoch, &self->sequence))
        return NULL;
    self->producer = producer;
    Py_RETURN_NONE;
}

PyDoc_STRVAR(build_doc, "build()\n--\n\nGive the bytes of the batch. Only once.");

static PyObject *Builder_build(Builder *self, PyObject *Py_UNUSED(ignored))
{
    if (!self->bytes) {
        PyErr_SetString(PyExc_ValueError, "the batch is built");
        return NULL;
    }
    uint8_t *at = (uint8_t *)PyBytes_AS_STRING(self->bytes);
    put(at, 0, LENGTH); /* the broker sets the offset */
    put(at + LENGTH, (uint64_t)self->used - EPOCH, 4);
    put(at + EPOCH, UINT64_MAX, 4);
    at[MAGIC] = 2;
    put(at + ATTRIBUTES, TRANSACTIONAL, 2);
    put(at + LAST_DELTA, (uint64_t)(self->count ? self->last : 0), 4);
    put(at + FIRST_TIME, (uint64_t)(self->count ? self->first_time : 0), 8);
    put(at + MAX_TIME, (uint64_t)(self->count ? self->max_time : 0), 8);
    put(at + PRODUCER, (uint64_t)self->producer, 8);
    put(at + PRODUCER_EPOCH, (uint64_t)self->epoch, 2);
    put(at + SEQUENCE, (uint64_t)self->sequence, 4);
    put(at + COUNT, (uint64_t)self->count, 4);
    put(at + CRC, crc32c(at + ATTRIBUTES, (size_t)(self->used - ATTRIBUTES)), 4);
    /* A view, and few sizes of room: what one batch gives back then suits the next; cut to size, it cost 50 MB more. */
    PyObject *whole = PyMemoryView_FromObject(self->bytes);
    Py_CLEAR(self->bytes);
    PyObject *built = whole ? PySequence_GetSlice(whole, 0, self->used) : NULL;
    Py_XDECREF(whole);
    return built;
}

PyDoc_STRVAR(size_doc, "size()\n--\n\nGive how many bytes the batch has by now.");

static PyObject *Builder_size(Builder *self, PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromSsize_t(self->used);
}

static PyMethodDef Builder_methods[] = {
    {"append", (PyCFunction)(void (*)(void))Builder_append, METH_FASTCALL, append_doc},
    {"set_producer_state", (PyCFunction)Builder_set_producer_state, METH_VARARGS, producer_doc},
    {"build", (PyCFunction)Builder_build, METH_NOARGS, build_doc},
    {"size", (PyCFunction)Builder_size, METH_NOARGS, size_doc},
    {NULL},
};

static PyTypeObject Builder_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "app.engine._recordbatch.Builder",
    .tp_doc = PyDoc_STR("Builder(most_bytes)\n--\n\nA batch of a transaction, being filled."),
    .tp_basicsize = sizeof(Builder),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = PyType_GenericNew,
    .tp_init = (initproc)Builder_init,
    .tp_dealloc = (destructor)Builder_dealloc,
    .tp_methods = Builder_methods,
};

/* --- unpacking */

typedef struct {
    const uint8_t *name;
    int64_t name_size;
    PyObject *pair;
} Seen; /* the header that stood in this place last */

/* The blob at `at`, None when it is null; NULL without an error set when there is none. */
static PyObject *take_blob(const uint8_t **at, const uint8_t *end)
{
    int64_t size;
    if (!take_varint(at, end, &size) || size > end - *at)
        return NULL;
    if (size < 0)
        Py_RETURN_NONE;
    PyObject *blob = PyBytes_FromStringAndSize((const char *)*at, (Py_ssize_t)size);
    *at += size;
    return blob;
}

/* A record has mostly the headers of the one before: their names, and often the values, need not be made again. */
static PyObject *take_header(const uint8_t **at, const uint8_t *end, Seen *seen)
{
    int64_t name_size, size;
    if (!take_varint(at, end, &name_size) || name_size < 0 || name_size > end - *at)
        return NULL;
    const uint8_t *name = *at;
    *at += name_size;
    int same = seen && seen->pair && seen->name_size == name_size && !memcmp(seen->name, name, (size_t)name_size);
    if (same) {
        const uint8_t *value_at = *at;
        PyObject *before = PyTuple_GET_ITEM(seen->pair, 1);
        if (take_varint(&value_at, end, &size) && size >= 0 && size <= end - value_at && before != Py_None
            && PyBytes_GET_SIZE(before) == size && !memcmp(PyBytes_AS_STRING(before), value_at, (size_t)size)) {
            *at = value_at + size;
            return Py_NewRef(seen->pair);
        }
    }
    PyObject *value = take_blob(at, end), *text, *pair = NULL;
    if (!value)
        return NULL;
    /* A name that is not UTF-8 is somebody's mistake, and no reason to stop at its record for ever. */
    text = same ? Py_NewRef(PyTuple_GET_ITEM(seen->pair, 0))
                : PyUnicode_DecodeUTF8((const char *)name, (Py_ssize_t)name_size, "backslashreplace");
    if (text)
        pair = PyTuple_Pack(2, text, value);
    Py_XDECREF(text);
    Py_DECREF(value);
    if (pair && seen) {
        seen->name = name;
        seen->name_size = name_size;
        Py_XSETREF(seen->pair, Py_NewRef(pair));
    }
    return pair;
}

static PyObject *take_headers(const uint8_t **at, const uint8_t *end, Seen *seen)
{
    int64_t count;
    if (!take_varint(at, end, &count) || count < 0 || count > (end - *at) / 2)
        return NULL;
    PyObject *headers = PyTuple_New((Py_ssize_t)count);
    for (Py_ssize_t i = 0; headers && i < count; i++) {
        PyObject *pair = take_header(at, end, i < PAIRS ? seen + i : NULL);
        if (pair)
            PyTuple_SET_ITEM(headers, i, pair);
        else
            Py_CLEAR(headers);
    }
    return headers;
}

/* make(*where, offset, timestamp, key, value, headers), None when the record's offset is below `first`. */
static PyObject *take_record(const uint8_t **at, const uint8_t *stop, const uint8_t *head, int64_t first,
                             PyObject *make, PyObject **where, Seen *seen)
{
    int64_t size, delta, offset, time = (int64_t)take(head + MAX_TIME, 8);
    if (!take_varint(at, stop, &size) || size < 1 || size > stop - *at)
        return NULL;
    const uint8_t *end = *at + size;
    ++*at; /* attributes */
    if (!take_varint(at, end, &delta) || !take_varint(at, end, &offset))
        return NULL;
    offset = (int64_t)(take(head, 8) + (uint64_t)offset);
    if (offset < first) {
        *at = end;
        Py_RETURN_NONE;
    }
    if (!(take(head + ATTRIBUTES, 2) & APPEND_TIME))
        time = (int64_t)(take(head + FIRST_TIME, 8) + (uint64_t)delta);

    PyObject *made = NULL, *fields[7] = {where[0], where[1], NULL, NULL, NULL, NULL, NULL};
    if ((fields[4] = take_blob(at, end)) && (fields[5] = take_blob(at, end))
        && (fields[6] = take_headers(at, end, seen)) && *at == end
        && (fields[2] = PyLong_FromLongLong(offset)) && (fields[3] = PyLong_FromLongLong(time)))
        made = PyObject_Vectorcall(make, fields, 7, NULL);
    for (int i = 2; i < 7; i++)
        Py_XDECREF(fields[i]);
    return made;
}

static const uint8_t *batch_at(PyObject *raw, Py_ssize_t start, Py_ssize_t stop)
{
    if (start < 0 || stop > PyBytes_GET_SIZE(raw) || stop - start < HEAD) {
        PyErr_SetString(PyExc_ValueError, "no batch lies there");
        return NULL;
    }
    return (const uint8_t *)PyBytes_AS_STRING(raw) + start;
}

PyDoc_STRVAR(unpack_doc, "unpack(raw, start, stop, first, make, topic, partition)\n--\n\n"
    "Give the records of the batch raw[start:stop] from offset `first` on, each as\n"
    "make(topic, partition, offset, timestamp, key, value, headers). ValueError when it is corrupt.");

static PyObject *unpack(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *raw, *make, *where[2];
    Py_ssize_t start, stop;
    long long first;
    if (!PyArg_ParseTuple(args, "SnnLOOO", &raw, &start, &stop, &first, &make, &where[0], &where[1]))
        return NULL;
    const uint8_t *head = batch_at(raw, start, stop);
    if (!head)
        return NULL;
    const uint8_t *at = head + HEAD, *end = head + (stop - start);
    int64_t count = (int32_t)take(head + COUNT, 4);
    Seen seen[PAIRS] = {{0}};
    PyObject *records = PyList_New(0);
    int bad = !records || count < 0 || count > (end - at) / LEAST_RECORD;
    for (; !bad && count; count--) {
        PyObject *record = take_record(&at, end, head, first, make, where, seen);
        bad = !record || (record != Py_None && PyList_Append(records, record) < 0);
        Py_XDECREF(record);
    }
    for (int i = 0; i < PAIRS; i++)
        Py_XDECREF(seen[i].pair);
    if (!bad && at == end)
        return records;
    Py_XDECREF(records);
    if (!PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, "the batch is corrupt");
    return NULL;
}

PyDoc_STRVAR(intact_doc, "intact(raw, start, stop)\n--\n\nWhether the checksum of the batch raw[start:stop] is its own.");

static PyObject *intact(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *raw;
    Py_ssize_t start, stop;
    if (!PyArg_ParseTuple(args, "Snn", &raw, &start, &stop))
        return NULL;
    const uint8_t *head = batch_at(raw, start, stop);
    if (!head)
        return NULL;
    return PyBool_FromLong(take(head + CRC, 4) == crc32c(head + ATTRIBUTES, (size_t)(stop - start - ATTRIBUTES)));
}

PyDoc_STRVAR(crc_doc, "crc32c(data, by_table)\n--\n\nGive the checksum of bytes, by the table or as the processor can.");

static PyObject *crc(PyObject *Py_UNUSED(module), PyObject *args)
{
    const char *data;
    Py_ssize_t size;
    int by_table;
    if (!PyArg_ParseTuple(args, "y#p", &data, &size, &by_table))
        return NULL;
    return PyLong_FromUnsignedLong(~(by_table ? crc_by_table : crc_of)(~0u, (const uint8_t *)data, (size_t)size));
}

static PyMethodDef methods[] = {
    {"crc32c", crc, METH_VARARGS, crc_doc},
    {"unpack", unpack, METH_VARARGS, unpack_doc},
    {"intact", intact, METH_VARARGS, intact_doc},
    {NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "app.engine._recordbatch", PyDoc_STR("Record batches of Kafka, in C."), -1, methods,
};

PyMODINIT_FUNC PyInit__recordbatch(void)
{
    fill_crc_table();
    if (PROCESSOR_HAS_CRC)
        crc_of = crc_by_processor;
    PyObject *made = PyModule_Create(&module);
    if (made && PyModule_AddType(made, &Builder_type) < 0)
        Py_CLEAR(made);
    return made;
}
