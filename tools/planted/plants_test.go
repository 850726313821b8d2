package planted

// plants are the violations, each beside what its rule allows.
var plants = []plant{
	// Who may import whom.
	{"services/notes/x.go", imports(ours + "services/auth"), "services never import each other"},
	{"services/notes/x.go", imports(ours + "services/audit"), "services never import each other"},
	{"services/notes/x_test.go", imports(ours + "services/web"), "services never import each other"},
	{"services/auth/x.go", imports(ours + "services/notes"), "services never import each other"},
	{"services/auth/x.go", imports(ours + "services/audit"), "services never import each other"},
	{"services/auth/x.go", imports(ours + "services/web"), "services never import each other"},
	{"services/audit/x.go", imports(ours + "services/auth"), "services never import each other"},
	{"services/audit/x.go", imports(ours + "services/notes"), "services never import each other"},
	{"services/audit/x.go", imports(ours + "services/web"), "services never import each other"},
	{"services/web/x.go", imports(ours + "services/auth"), "services never import each other"},
	{"services/web/x.go", imports(ours + "services/notes"), "services never import each other"},
	{"services/web/x.go", imports(ours + "services/audit"), "services never import each other"},
	{"services/web/x.go", imports(ours + "platform/mysql"), "web has no database"},
	{"services/web/x.go", imports(ours + "platform/queue"), "web has no queue"},
	{"services/web/x.go", imports("database/sql"), "web has no database"},
	{"services/notes/x.go", imports(ours + "local"), "services import platform and proto"},
	{"services/notes/x_test.go", imports(ours + "e2e"), "services import platform and proto"},
	{"services/notes/x.go", imports(ours + "platform/mysql"), ""},
	{"services/notes/cmd/notes/x.go", imports(ours + "services/notes"), ""},
	{"platform/rpc/x.go", imports(ours + "proto/notespb"), "platform knows no Note"},
	{"platform/rpc/x_test.go", imports(ours + "proto/authinternalpb"), "platform knows no Note"},
	{"platform/rpc/x.go", imports(ours + "proto/policypb"), ""},
	{"platform/rpc/x.go", imports(ours + "services/auth"), "platform imports no service"},
	{"platform/rpc/x.go", imports(ours + "local"), "platform imports no program"},
	{"platform/rpc/x_test.go", imports(ours + "e2e"), "platform imports no program"},
	{"proto/cmd/calls/x.go", imports(ours + "platform/env"), "the contracts import nothing of ours"},
	{"proto/cmd/calls/x.go", imports(ours + "services/notes"), "the contracts import nothing of ours"},
	{"proto/cmd/calls/x.go", imports(ours + "local"), "the contracts import nothing of ours"},
	{"proto/cmd/calls/x.go", imports(ours + "e2e"), "the contracts import nothing of ours"},
	{"proto/gateway/authgw/x.go", imports(ours + "proto/authinternalpb"), "REST serves no internal package"},
	{"proto/gateway/notesgw/x.go", imports(ours + "proto/notesinternalpb"), "REST serves no internal package"},
	{"proto/gateway/auditgw/x.go", imports(ours + "proto/auditinternalpb"), "REST serves no internal package"},
	{"local/x.go", imports(ours + "services/auth"), ""},
	{"e2e/x_test.go", imports(ours + "services/notes"), ""},

	// What only one place may use.
	{"services/audit/x.go", imports("github.com/aws/aws-sdk-go-v2/service/sqs"), "platform/queue is the only importer of the AWS SDK"},
	{"platform/outbox/x.go", imports("github.com/aws/aws-sdk-go-v2/service/sqs"), "platform/queue is the only importer of the AWS SDK"},
	{"platform/queue/x.go", imports("github.com/aws/aws-sdk-go-v2/service/sqs"), ""},
	{"services/notes/x.go", imports("github.com/go-sql-driver/mysql"), "platform/mysql knows the driver"},
	{"platform/mysql/mysqltest/x.go", imports("github.com/go-sql-driver/mysql"), ""},
	{"services/auth/x.go", imports(ours + "proto/gateway/authgw"), "only web serves REST"},
	{"platform/rpc/x.go", imports("github.com/grpc-ecosystem/grpc-gateway/v2/runtime"), "only web serves REST"},
	{"services/web/x.go", imports(ours + "proto/gateway/authgw"), ""},
	{"services/auth/x.go", imports("os/signal"), "signals are platform/service's"},
	{"local/x.go", imports("os/signal"), "signals are platform/service's"},
	{"platform/service/x.go", imports("os/signal"), ""},
	{"services/auth/x.go", imports(ours + "platform/mysql/mysqltest"), "for tests and make run"},
	{"services/auth/x.go", imports(ours + "platform/queue/queuetest"), "for tests and make run"},
	{"services/auth/x.go", imports(ours + "platform/rpc/rpctest"), "for tests and make run"},
	{"services/auth/x_test.go", imports(ours + "platform/mysql/mysqltest"), ""},
	{"local/x.go", imports(ours + "platform/queue/queuetest"), ""},

	// What nobody uses.
	{"services/auth/x.go", imports("math/rand/v2"), "what is secret comes from crypto/rand"},
	{"platform/identity/x.go", imports("math/rand/v2"), "what is secret comes from crypto/rand"},
	{"platform/rpc/x.go", imports("math/rand/v2"), ""},
	{"platform/rpc/x.go", imports("math/rand"), "math/rand/v2 for jitter"},
	{"services/notes/x.go", imports("log"), "log/slog"},
	{"services/notes/x.go", imports("log/slog"), ""},
	{"services/notes/x.go", imports("expvar"), "default mux"},
	{"services/notes/x.go", imports("net/http/pprof"), "default mux"},
	{"services/notes/x_test.go", imports("github.com/stretchr/testify"), "the standard library and go-cmp"},
	{"services/notes/x.go", imports("github.com/pkg/errors"), "fmt.Errorf with %w"},

	// Calls that only one place may make.
	{"services/notes/x.go", calls("os", "os.Exit(1)"), "only platform/service and main packages end the process"},
	{"services/notes/cmd/notes/x.go", calls("os", "os.Exit(1)"), ""},
	{"platform/service/x.go", calls("os", "os.Exit(1)"), ""},
	{"services/notes/x.go", calls("os", `_ = os.Getenv("HOME")`), "take an env.Lookup"},
	{"services/notes/x.go", calls("os", `_, _ = os.LookupEnv("HOME")`), "take an env.Lookup"},
	{"platform/env/x.go", calls("os", `_, _ = os.LookupEnv("HOME")`), ""},
	{"services/notes/x_test.go", calls("os", `_ = os.Getenv("HOME")`), ""},
	{"services/notes/x_test.go", calls("time", "time.Sleep(1)"), "nobody sleeps"},
	{"services/notes/x.go", calls("time", "time.Sleep(1)"), "nobody sleeps"},
	{"services/notes/x.go", calls("fmt", "fmt.Println()"), "only main packages print"},
	{"services/notes/x.go", calls("fmt", `fmt.Printf("")`), "only main packages print"},
	{"local/cmd/local/x.go", calls("fmt", "fmt.Println()"), ""},
	{"services/notes/x.go", calls("os", "println(os.DevNull)"), "nobody uses the builtin"},
	{"services/notes/x.go", calls("database/sql", "_, _ = new(sql.DB).Begin()"), "use WithTx"},
	{"services/notes/x.go", calls("database/sql", "_, _ = new(sql.DB).BeginTx(nil, nil)"), "use WithTx"},
	{"platform/outbox/x.go", calls("database/sql", "_, _ = new(sql.Conn).BeginTx(nil, nil)"), "use WithTx"},
	{"platform/mysql/x.go", calls("database/sql", "_, _ = new(sql.DB).Begin()"), ""},
	{"services/notes/x.go", calls("database/sql", `_, _ = sql.Open("", "")`), "use mysql.Open"},
	{"services/notes/x.go", calls("google.golang.org/grpc", "grpc.NewServer()"), "its chain must not be missed"},
	{"services/web/x.go", calls("google.golang.org/grpc", "grpc.NewClient()"), "its chain must not be missed"},
	{"platform/rpc/x.go", calls("google.golang.org/grpc", "grpc.NewServer()"), ""},
	{"services/notes/x_test.go", calls("google.golang.org/grpc", "grpc.NewClient()"), ""},
	{"services/web/x.go", calls("net/http", "_ = http.DefaultClient"), "they have no deadlines"},
	{"services/web/x.go", calls("net/http", `_ = http.ListenAndServe("", nil)`), "they have no deadlines"},
	{"services/notes/x_test.go", calls("testing", "new(testing.T).Skip()"), "no test skips"},
	{"services/notes/x_test.go", calls("testing", `testing.TB(nil).Skipf("")`), "no test skips"},
}

// stubs are what the plants use of the packages of others.
var stubs = map[string]string{
	"github.com/aws/aws-sdk-go-v2/service/sqs":          "package sqs\n",
	"github.com/go-sql-driver/mysql":                    "package mysql\n",
	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime": "package runtime\n",
	"github.com/pkg/errors":                             "package errors\n",
	"github.com/stretchr/testify":                       "package testify\n",
	"google.golang.org/grpc":                            "package grpc\n\nfunc NewServer() {}\n\nfunc NewClient() {}\n",
}

func imports(path string) string { return "import _ \"" + path + "\"\n" }

func calls(path, statement string) string {
	return "import \"" + path + "\"\n\nfunc init() { " + statement + " }\n"
}
