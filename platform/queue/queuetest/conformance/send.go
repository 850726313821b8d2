package conformance

import (
	"context"
	"crypto/md5" //nolint:gosec // the protocol's checksum, no secret
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// SQS's limits of a body and of a batch's bodies together (developer guide, message quotas).
const (
	alwaysFits = 256 << 10
	neverFits  = 1<<20 + 1
)

var sendBehaviours = []behaviour{
	{"a message arrives as it was sent", arrives},
	{"a body of 256 KiB arrives", largeBody},
	{"a body of more than 1 MiB is InvalidParameterValue", tooLargeBody},
	{"a body with a character that XML 1.0 does not allow is InvalidMessageContents", forbiddenCharacter},
	{"an empty body is refused", emptyBody},
	{"a delayed message comes when its delay has passed", delayed},
	{"a delay of more than 15 minutes is InvalidParameterValue", tooLongDelay},
}

func arrives(ctx context.Context, s *suite) error {
	url, err := s.queue(ctx)
	if err != nil {
		return err
	}
	const body = "{\"text\":\"Grüße, 世界 🌍 <&>\"}\r\n\tend"
	sum := md5.Sum([]byte(body)) //nolint:gosec // the protocol's checksum
	digest := hex.EncodeToString(sum[:])
	before := time.Now()
	sent, err := s.client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String(body)})
	if err != nil {
		return err
	}
	got, err := s.receiveOne(ctx, url)
	if err != nil {
		return err
	}
	stamp, err := strconv.ParseInt(got.Attributes["SentTimestamp"], 10, 64)
	if err != nil {
		return fmt.Errorf("read SentTimestamp: %w", err)
	}
	if apart := time.UnixMilli(stamp).Sub(before).Abs(); s.advance == nil && apart > time.Minute {
		return fmt.Errorf("SentTimestamp is %v off", apart)
	}
	if aws.ToString(got.ReceiptHandle) == "" {
		return errors.New("there is no receipt handle")
	}
	return errors.Join(
		same(aws.ToString(got.Body), body),
		same(aws.ToString(got.MD5OfBody), digest),
		same(aws.ToString(sent.MD5OfMessageBody), digest),
		same(aws.ToString(got.MessageId), aws.ToString(sent.MessageId)),
		same(got.Attributes["ApproximateReceiveCount"], "1"),
	)
}

func largeBody(ctx context.Context, s *suite) error {
	body := strings.Repeat("x", alwaysFits)
	url, err := s.queueHolding(ctx, body)
	if err != nil {
		return err
	}
	got, err := s.receiveOne(ctx, url)
	if err != nil {
		return err
	}
	return same(len(aws.ToString(got.Body)), len(body))
}

func tooLargeBody(ctx context.Context, s *suite) error {
	url, err := s.queue(ctx)
	if err != nil {
		return err
	}
	return errors.Join(wantInvalidParameterValue(s.send(ctx, url, strings.Repeat("x", neverFits))), s.receiveNone(ctx, url))
}

func forbiddenCharacter(ctx context.Context, s *suite) error {
	url, err := s.queue(ctx)
	if err != nil {
		return err
	}
	for _, body := range []string{"a\x00b", "a\x1fb", "a\uFFFEb", "a\uFFFFb"} {
		err = wantError[*types.InvalidMessageContents](s.send(ctx, url, body))
		if err != nil {
			return fmt.Errorf("%q: %w", body, err)
		}
	}
	return s.receiveNone(ctx, url)
}

func emptyBody(ctx context.Context, s *suite) error {
	url, err := s.queue(ctx)
	if err != nil {
		return err
	}
	if s.send(ctx, url, "") == nil {
		return errors.New("it was accepted")
	}
	return s.receiveNone(ctx, url)
}

func delayed(ctx context.Context, s *suite) error {
	url, err := s.queue(ctx)
	if err != nil {
		return err
	}
	delay := s.visibility()
	sent := time.Now()
	_, err = s.client.SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl:     &url,
		MessageBody:  aws.String("later"),
		DelaySeconds: int32(delay / time.Second), //nolint:gosec // a minute at most
	})
	if err != nil {
		return err
	}
	_, err = s.receiveAfter(ctx, url, sent, delay)
	return err
}

func tooLongDelay(ctx context.Context, s *suite) error {
	url, err := s.queue(ctx)
	if err != nil {
		return err
	}
	_, err = s.client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("later"), DelaySeconds: 901})
	return wantInvalidParameterValue(err)
}
