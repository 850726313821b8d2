package conformance

// MotoDiffers is what moto's server does and SQS does not, in moto 5.2.5.
//
// What moto does as well, and the suite therefore leaves open: it deletes by an older receipt, where SQS only says that the message might not be
// deleted and our server keeps it; it answers ReceiptHandleIsInvalid when the visibility of a deleted message is changed, where our server answers
// InvalidParameterValue as SQS is seen to do.
var MotoDiffers = map[string]Difference{
	"a body with a character that XML 1.0 does not allow is InvalidMessageContents": {
		Instead: "it is taken",
		AWS:     "SendMessage, MessageBody: SQS rejects the message and returns InvalidMessageContents",
	},
	"an empty body is refused": {
		Instead: "it is taken",
		AWS:     "SendMessage, MessageBody: the minimum size is one character",
	},
	"a batch of deletes with an id twice is BatchEntryIdsNotDistinct": {
		Instead: "it looks for receipts that come twice, not for ids",
		AWS:     "DeleteMessageBatch, errors: BatchEntryIdsNotDistinct when two entries have the same id",
	},
	"a batch of more than ten deletes is TooManyEntriesInBatchRequest": {
		Instead: "it has no limit",
		AWS:     "DeleteMessageBatch, errors: TooManyEntriesInBatchRequest above 10 entries",
	},
	"the visibility of a message that is not in flight cannot be changed: MessageNotInflight": {
		Instead: "it is changed",
		AWS:     "ChangeMessageVisibility, errors: MessageNotInflight",
	},
	"a page of queues has 1 to 1000 or is refused": {
		Instead: "a page may have any size, even a negative one",
		AWS:     "ListQueues, MaxResults: the value range is 1 to 1000",
	},
}
