package conformance

// ElasticMQDiffers is what ElasticMQ's server does and SQS does not, in ElasticMQ 1.7.1 with its strict limits.
var ElasticMQDiffers = map[string]Difference{
	"an unknown attribute is InvalidAttributeName": {
		Instead: "it is left out of the answer",
		AWS:     "GetQueueAttributes, errors: InvalidAttributeName when the attribute does not exist",
	},
	"a second purge within a minute is PurgeQueueInProgress": {
		Instead: "it purges again",
		AWS:     "PurgeQueue, errors: PurgeQueueInProgress when there was a purge within the last 60 seconds",
	},
	"a list of queues goes on page by page": {
		Instead: "it lists all of them, whatever MaxResults says",
		AWS:     "ListQueues: with MaxResults and more to show, the answer has a NextToken",
	},
	"a page of queues has 1 to 1000 or is refused": {
		Instead: "it lists all of them, whatever MaxResults says",
		AWS:     "ListQueues, MaxResults: the value range is 1 to 1000",
	},
	"a body of more than 1 MiB is InvalidParameterValue": {
		Instead: "it is refused as InvalidAttributeValue",
		AWS:     "SendMessage, MessageBody: at most 1,048,576 bytes; common errors: InvalidParameterValue when a value is out of range",
	},
	"a body with a character that XML 1.0 does not allow is InvalidMessageContents": {
		Instead: "it is refused as InvalidAttributeValue",
		AWS:     "SendMessage, MessageBody: SQS rejects the message and returns InvalidMessageContents",
	},
	"a delay of more than 15 minutes is InvalidParameterValue": {
		Instead: "the error's code is com.amazonaws.sqs#InvalidParameterValue: the shape's whole name stands in x-amzn-query-error",
		AWS:     "SendMessage, DelaySeconds: 0 to 900; common errors: InvalidParameterValue when a value is out of range",
	},
	"an empty batch is EmptyBatchRequest": {
		Instead: "it is answered with no entries",
		AWS:     "SendMessageBatch, errors: EmptyBatchRequest",
	},
	"an entry id with another character is InvalidBatchEntryId": {
		Instead: "it is taken, and so is one of 81 letters",
		AWS:     "message quotas, batched message ID: up to 80 alphanumeric characters, hyphens and underscores; SendMessageBatch, errors: InvalidBatchEntryId",
	},
	"a batch of more than 1 MiB is BatchRequestTooLong": {
		Instead: "it is refused as InvalidAttributeValue",
		AWS:     "SendMessageBatch, errors: BatchRequestTooLong when all the messages together are longer than the limit",
	},
	"an empty batch of deletes is EmptyBatchRequest": {
		Instead: "it is answered with no entries",
		AWS:     "DeleteMessageBatch, errors: EmptyBatchRequest",
	},
	"a receive outside the limits is InvalidParameterValue": {
		Instead: "a number or wait outside the limits is refused as InvalidAttributeValue, a visibility of more than 12 hours is taken",
		AWS:     "ReceiveMessage: MaxNumberOfMessages 1 to 10; visibility timeout: at most 12 hours; common errors: InvalidParameterValue",
	},
	"deleting a second time is no error": {
		Instead: "it is refused as ReceiptHandleIsInvalid",
		AWS:     "FAQs: DeleteMessage for a message that was deleted before returns a success response",
	},
	"an older receipt deletes without an error": {
		Instead: "it is refused as ReceiptHandleIsInvalid",
		AWS:     "DeleteMessage: with an old ReceiptHandle the request will succeed, but the message might not be deleted",
	},
	"the visibility of a message that is not in flight cannot be changed: MessageNotInflight": {
		Instead: "it is changed",
		AWS:     "ChangeMessageVisibility, errors: MessageNotInflight",
	},
	"a visibility of more than 12 hours is InvalidParameterValue": {
		Instead: "it is taken",
		AWS:     "ChangeMessageVisibility, VisibilityTimeout: 0 to 43200; common errors: InvalidParameterValue when a value is out of range",
	},
}
