package queue

import (
	"bytes"
	"fmt"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// inMemory hands the SDK's requests on with their body in memory.
//
// The SDK closes a request's body as soon as the answer is there. If net/http has not finished its last look at a body that it does not know to be in
// memory, it takes that for a failed write and cuts the connection under the answer (aws-sdk-go-v2 issue 2737); on loopback that lost up to every tenth
// answer. A lost receive hides its messages for a whole visibility time, a lost send is a duplicate.
type inMemory struct{ client aws.HTTPClient }

// Do sends the request.
func (c inMemory) Do(request *http.Request) (*http.Response, error) {
	if request.Body == nil || request.Body == http.NoBody {
		return c.client.Do(request)
	}
	body, err := io.ReadAll(request.Body) // at most 256 KiB of messages and their frame
	if err != nil {
		return nil, fmt.Errorf("read the request: %w", err)
	}
	request = request.Clone(request.Context())
	request.Body = io.NopCloser(bytes.NewReader(body))
	return c.client.Do(request)
}
