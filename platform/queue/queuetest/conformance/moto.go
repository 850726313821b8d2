package conformance

// MotoDiffers is what moto's server does and SQS does not, in moto 5.2.5. The right-hand side says what it does; the API reference's errors of the
// operation and the developer guide's message quotas say the other thing.
//
// What moto does as well, and the suite therefore leaves open: it deletes by an older receipt, where SQS only says that the message might not be
// deleted and our server keeps it; it answers ReceiptHandleIsInvalid when the visibility of a deleted message is changed, where our server answers
// InvalidParameterValue as SQS is seen to do.
var MotoDiffers = map[string]string{
	"a body with a character that XML 1.0 does not allow is InvalidMessageContents": "it is taken",
	"an empty body is refused":                                                                "it is taken",
	"a batch of deletes with an id twice is BatchEntryIdsNotDistinct":                         "it looks for receipts that come twice, not for ids",
	"a batch of more than ten deletes is TooManyEntriesInBatchRequest":                        "it has no limit",
	"the visibility of a message that is not in flight cannot be changed: MessageNotInflight": "it is changed",
}
