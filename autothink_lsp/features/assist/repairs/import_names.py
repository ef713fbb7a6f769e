"""The imports of well-known names of standard libraries. Data.

A name with two possible modules, or one that is usually a variable (``time``, ``code``), is listed only with attributes
that identify it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType


def _table(**modules: str) -> Mapping[str, str]:
    return MappingProxyType(
        {name: module.replace("__", ".") for module, names in modules.items() for name in names.split()}
    )


# name -> module, for ``from module import name``
PYTHON_NAMES = _table(
    pathlib="Path PurePath PosixPath",
    dataclasses="dataclass asdict astuple",
    collections="defaultdict Counter OrderedDict deque namedtuple ChainMap",
    typing="Any Optional Union Protocol TypeVar Literal NamedTuple TypedDict ClassVar Final Annotated TYPE_CHECKING "
    "Generic NoReturn overload",
    collections__abc="Callable Iterable Iterator Mapping MutableMapping Sequence Generator Awaitable "
    "Coroutine Hashable",
    functools="lru_cache cached_property wraps partial total_ordering singledispatch",
    contextlib="contextmanager asynccontextmanager suppress ExitStack redirect_stdout",
    enum="Enum IntEnum StrEnum Flag IntFlag",
    datetime="timedelta timezone",
    abc="ABC abstractmethod",
    decimal="Decimal",
    fractions="Fraction",
    argparse="ArgumentParser Namespace",
    tempfile="TemporaryDirectory NamedTemporaryFile",
    types="SimpleNamespace MappingProxyType",
    itertools="zip_longest",
    copy="deepcopy",
    uuid="uuid4",
    concurrent__futures="ThreadPoolExecutor ProcessPoolExecutor",
    unittest__mock="MagicMock",
)
# Modules whose names are common words: used only for these attributes.
PYTHON_WORDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "time": frozenset(["time", "sleep", "monotonic", "perf_counter", "strftime", "time_ns", "process_time"]),
        "copy": frozenset({"deepcopy"}),
        "string": frozenset(
            ["ascii_letters", "ascii_lowercase", "ascii_uppercase", "digits", "punctuation", "printable"]
        ),
        "random": frozenset(
            ["random", "randint", "choice", "choices", "shuffle", "sample", "uniform", "seed", "randrange", "gauss"]
        ),
        "platform": frozenset(["system", "machine", "python_version", "node", "release"]),
        "queue": frozenset(["Queue", "PriorityQueue", "LifoQueue", "Empty", "Full", "SimpleQueue"]),
        "types": frozenset(["SimpleNamespace", "ModuleType", "TracebackType", "MappingProxyType", "FunctionType"]),
        "signal": frozenset(["SIGINT", "SIGTERM", "SIGKILL", "SIGHUP"]),
        "calendar": frozenset(["monthrange", "month_name", "day_name", "isleap"]),
        "statistics": frozenset(["mean", "median", "stdev", "pstdev", "fmean", "variance", "mode"]),
        "operator": frozenset(["itemgetter", "attrgetter", "methodcaller"]),
        "secrets": frozenset(["token_hex", "token_urlsafe", "token_bytes", "compare_digest"]),
        "numbers": frozenset(["Number", "Real", "Integral"]),
        "resource": frozenset(["getrusage", "RUSAGE_SELF", "setrlimit"]),
        "select": frozenset(["epoll", "poll", "EPOLLIN"]),
        "array": frozenset(),
        "code": frozenset(),
        "token": frozenset(),
        "test": frozenset(),
        "profile": frozenset(),
        "site": frozenset(),
        "this": frozenset(),
        "parser": frozenset(),
        "symbol": frozenset(),
        "cmd": frozenset({"Cmd"}),
        "email": frozenset(),
        "http": frozenset(),
        "html": frozenset({"escape", "unescape"}),
        "xml": frozenset(),
        "io": frozenset(["StringIO", "BytesIO", "TextIOWrapper"]),
        "datetime": frozenset(["datetime", "timedelta", "timezone", "date", "UTC"]),
        "keyword": frozenset({"iskeyword", "kwlist"}),
        "locale": frozenset({"setlocale", "LC_ALL"}),
        "graphlib": frozenset({"TopologicalSorter"}),
        "socket": frozenset(["socket", "AF_INET", "SOCK_STREAM", "create_connection", "gethostname"]),
        "concurrent": frozenset(),
        "importlib": frozenset({"import_module", "reload"}),
        "compression": frozenset(),
        "formatter": frozenset(),
        "stat": frozenset(["S_ISDIR", "S_ISREG", "S_IXUSR"]),
        "trace": frozenset(),
        "turtle": frozenset(),
        "venv": frozenset(),
        "warnings": frozenset(["warn", "catch_warnings", "simplefilter", "filterwarnings"]),
        "chunk": frozenset(),
        "pipes": frozenset(),
        "imp": frozenset(),
        "crypt": frozenset(),
    }
)
# package name -> import path, if it is the only package with that name
GO_PACKAGES: Mapping[str, str] = MappingProxyType(
    {
        path.rpartition("/")[2]: path
        for path in [
            "fmt",
            "os",
            "io",
            "errors",
            "time",
            "sort",
            "strconv",
            "strings",
            "bytes",
            "bufio",
            "math",
            "regexp",
            "sync",
            "context",
            "log",
            "unicode",
            "reflect",
            "flag",
            "path/filepath",
            "net/http",
            "net/url",
            "encoding/json",
            "encoding/xml",
            "encoding/csv",
            "encoding/base64",
            "encoding/hex",
            "os/exec",
            "os/signal",
            "unicode/utf8",
            "math/big",
            "math/bits",
            "sync/atomic",
            "io/fs",
            "net/http/httptest",
            "crypto/sha256",
            "crypto/md5",
            "container/heap",
            "container/list",
            "archive/zip",
            "compress/gzip",
            "slices",
            "maps",
            "cmp",
            "iter",
            "testing",
            "runtime",
            "syscall",
            "database/sql",
            "encoding/binary",
            "log/slog",
        ]
    }
)
_GO_LOG = (
    "Print Printf Println Fatal Fatalf Fatalln Panic Panicf Panicln SetFlags SetPrefix SetOutput New Logger Default "
    "LstdFlags Lshortfile Flags Prefix Writer"
)
# Packages whose name another well-known package has: used only for these functions and types.
GO_MEMBERS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "errors": frozenset(["New", "Is", "As", "Unwrap", "Join", "ErrUnsupported"]),
        "log": frozenset(_GO_LOG.split()),
    }
)

# Class -> package. Names that other libraries or projects use as well (Path, Duration, Queue, Stream) are left out.
JAVA_CLASSES = _table(
    java__util="ArrayList List Map HashMap Set HashSet TreeMap TreeSet LinkedHashMap LinkedHashSet LinkedList "
    "ArrayDeque Deque Iterator Collections Collection Comparator Arrays Objects Optional UUID NoSuchElementException",
    java__util__stream="Collectors IntStream",
    java__io="IOException BufferedReader InputStreamReader UncheckedIOException",
    java__nio__file="Files Paths",
    java__util__concurrent="ExecutorService Executors TimeUnit ConcurrentHashMap CompletableFuture",
    java__time="LocalDate LocalDateTime",
    java__math="BigDecimal BigInteger",
)
_JAVA_FILES = (
    "exists notExists isDirectory isRegularFile isReadable isWritable isExecutable isHidden isSameFile isSymbolicLink "
    "copy move delete deleteIfExists size lines list walk walkFileTree find mismatch write writeString readString "
    "readAllBytes readAllLines newBufferedReader newBufferedWriter newInputStream newOutputStream newByteChannel "
    "newDirectoryStream createFile createDirectory createDirectories createTempFile createTempDirectory createLink "
    "createSymbolicLink readSymbolicLink getLastModifiedTime setLastModifiedTime getAttribute setAttribute "
    "readAttributes getFileAttributeView getFileStore getOwner setOwner getPosixFilePermissions "
    "setPosixFilePermissions probeContentType class"
)
_JAVA_OBJECTS = (
    "equals deepEquals hashCode hash toString toIdentityString compare requireNonNull requireNonNullElse "
    "requireNonNullElseGet isNull nonNull checkIndex checkFromToIndex checkFromIndexSize class"
)
# Static members of Java's classes that have namesakes in Guava and Apache Commons.
JAVA_MEMBERS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "Optional": frozenset({"of", "ofNullable", "empty", "class"}),
        "Files": frozenset(_JAVA_FILES.split()),
        "Objects": frozenset(_JAVA_OBJECTS.split()),
        "List": frozenset({"of", "copyOf", "class"}),
        "Set": frozenset({"of", "copyOf", "class"}),
        "Map": frozenset({"of", "copyOf", "entry", "ofEntries", "Entry", "class"}),
        "Paths": frozenset({"get", "class"}),
    }
)
# Type -> module of the standard library.
RUST_TYPES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("HashMap", "HashSet", "BTreeMap", "BTreeSet", "VecDeque", "BinaryHeap"), "std::collections"),
        "Rc": "std::rc",
        "Arc": "std::sync",
        "RefCell": "std::cell",
        "PathBuf": "std::path",
        "FromStr": "std::str",
    }
)
RUST_FMT = frozenset({"Display", "Debug", "Formatter", "Result", "Write", "Error"})  # used behind ``fmt::``
# Function, type or macro -> header.
C_HEADERS = _table(
    stdlib="malloc calloc realloc free exit abort atoi strtol strtoul qsort getenv",
    string="memset memcpy memmove memcmp strlen strcmp strncmp strcpy strncpy strcat strchr strrchr strstr strtok",
    stdio="printf fprintf sprintf snprintf puts fputs fopen fclose fgets perror scanf sscanf fflush FILE",
    math="sqrt pow floor ceil fabs fmod",
    ctype="isdigit isalpha isspace isalnum isupper islower toupper tolower",
    stdbool="bool",
    stdint="int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t",
)
# Library -> names that it has, too, so that they are not certainly the standard library's.
_OTHERS: Mapping[str, Mapping[str, str]] = {
    "python": {
        "sqlalchemy": "Enum",
        "numpy": "random",
        "prometheus_client": "Counter Enum",
        "fastapi": "Path",
        "click": "Path",
        "rdflib": "Literal Namespace",
        "ctypes": "Union",
        "wtforms": "Optional",
        "pony": "Optional",
        "graphene": "Enum Union",
        "construct": "Enum Flag Sequence Union Optional",
    },
    "java": {
        r"java\.awt": "List",
        r"org\.joda": "LocalDate LocalDateTime",
        r"org\.threeten": "LocalDate LocalDateTime",
        r"com\.google\.common": "Files Optional Objects",
        r"io\.vavr": "List Map HashMap Set HashSet TreeMap TreeSet LinkedHashMap LinkedHashSet Iterator",
    },
    "c": {r"linux/(?:kernel|module|init|slab|fs|types)": " ".join(C_HEADERS)},
}
OTHER_OWNERS: Mapping[str, Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        language: {library: frozenset(names.split()) for library, names in libraries.items()}
        for language, libraries in _OTHERS.items()
    }
)
