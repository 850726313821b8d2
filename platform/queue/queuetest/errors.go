package queuetest

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// apiError is an error answer: the shape's name, from which the SDK makes its typed error, and the older name in the x-amzn-query-error header, which
// becomes that error's code.
type apiError struct {
	status  int
	shape   string
	code    string
	message string
}

func (e *apiError) Error() string { return e.code + ": " + e.message }

// errCut is no answer at all: the connection is cut.
var errCut = errors.New("cut the connection")

// asAPIError makes an answer of any error.
func asAPIError(err error) *apiError {
	var known *apiError
	if errors.As(err, &known) {
		return known
	}
	return generic(http.StatusInternalServerError, "InternalError", err.Error())
}

// modelled makes an error that the SDK has a type for.
func modelled(shape, code, message string) *apiError {
	return &apiError{status: http.StatusBadRequest, shape: "com.amazonaws.sqs#" + shape, code: code, message: message}
}

// generic makes an error that the SDK knows by its code only.
func generic(status int, code, message string) *apiError {
	return &apiError{status: status, shape: "com.amazon.coral.service#" + code, code: code, message: message}
}

const queryPrefix = "AWS.SimpleQueueService."

func queueDoesNotExist() *apiError {
	return modelled("QueueDoesNotExist", queryPrefix+"NonExistentQueue", "The specified queue does not exist.")
}

func queueNameExists(name string) *apiError {
	return modelled("QueueNameExists", "QueueAlreadyExists", fmt.Sprintf("The queue %s exists with other attributes.", name))
}

func purgeQueueInProgress(name string) *apiError {
	return modelled("PurgeQueueInProgress", queryPrefix+"PurgeQueueInProgress",
		fmt.Sprintf("Only one PurgeQueue operation on %s is allowed every %d seconds.", name, purgePause/time.Second))
}

func receiptHandleIsInvalid() *apiError {
	return modelled("ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid", "The input receipt handle is invalid.")
}

func messageNotInflight() *apiError {
	return modelled("MessageNotInflight", queryPrefix+"MessageNotInflight", "The message is not in flight.")
}

func emptyBatchRequest() *apiError {
	return modelled("EmptyBatchRequest", queryPrefix+"EmptyBatchRequest", "There should be at least one entry in the request.")
}

func tooManyEntries(count int) *apiError {
	return modelled("TooManyEntriesInBatchRequest", queryPrefix+"TooManyEntriesInBatchRequest",
		fmt.Sprintf("Maximum number of entries per request are %d. You have sent %d.", maxEntries, count))
}

func entryIDsNotDistinct(id string) *apiError {
	return modelled("BatchEntryIdsNotDistinct", queryPrefix+"BatchEntryIdsNotDistinct", fmt.Sprintf("Id %s repeated.", id))
}

func invalidBatchEntryID() *apiError {
	return modelled("InvalidBatchEntryId", queryPrefix+"InvalidBatchEntryId",
		"A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.")
}

func batchRequestTooLong(size int) *apiError {
	return modelled("BatchRequestTooLong", queryPrefix+"BatchRequestTooLong",
		fmt.Sprintf("Batch requests cannot be longer than %d bytes. You have sent %d bytes.", maxBodyBytes, size))
}

func invalidMessageContents() *apiError {
	return modelled("InvalidMessageContents", "InvalidMessageContents", "The message contains characters outside the allowed set.")
}

func invalidAttributeName(name string) *apiError {
	return modelled("InvalidAttributeName", "InvalidAttributeName", fmt.Sprintf("Unknown Attribute %s.", name))
}

func invalidAttributeValue(name string) *apiError {
	return modelled("InvalidAttributeValue", "InvalidAttributeValue", fmt.Sprintf("Invalid value for the parameter %s.", name))
}

func unsupportedOperation(what string) *apiError {
	return modelled("UnsupportedOperation", queryPrefix+"UnsupportedOperation", "This server does not have "+what+".")
}

func requestThrottled() *apiError {
	err := modelled("RequestThrottled", "RequestThrottled", "The request was denied due to request throttling.")
	err.status = http.StatusForbidden
	return err
}

func invalidParameterValue(name string, value any, reason string) *apiError {
	return generic(http.StatusBadRequest, "InvalidParameterValue", fmt.Sprintf("Value %v for parameter %s is invalid. Reason: %s.", value, name, reason))
}

func bodyTooLong() *apiError {
	return generic(http.StatusBadRequest, "InvalidParameterValue",
		fmt.Sprintf("One or more parameters are invalid. Reason: Message must be shorter than %d bytes.", maxBodyBytes))
}

func missingParameter(name string) *apiError {
	return generic(http.StatusBadRequest, "MissingParameter", fmt.Sprintf("The request must contain the parameter %s.", name))
}

func serialization(err error) *apiError {
	return generic(http.StatusBadRequest, "SerializationException", "The request cannot be read: "+err.Error())
}
