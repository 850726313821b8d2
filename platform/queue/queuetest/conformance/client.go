package conformance

import (
	"bytes"
	"fmt"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// inMemory hands the SDK's requests on with their body in memory, as platform/queue does and says why: else the SDK cuts a connection under its answer
// now and then, which would be taken for the server's fault.
type inMemory struct{ client aws.HTTPClient }

// Do sends the request.
func (c inMemory) Do(request *http.Request) (*http.Response, error) {
	if request.Body == nil || request.Body == http.NoBody {
		return c.client.Do(request)
	}
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, fmt.Errorf("read the request: %w", err)
	}
	request = request.Clone(request.Context())
	request.Body = io.NopCloser(bytes.NewReader(body))
	return c.client.Do(request)
}
