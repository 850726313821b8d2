package main

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/s3bucket"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/s3bucketlifecycleconfiguration"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/s3bucketownershipcontrols"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/s3bucketpolicy"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/s3bucketpublicaccessblock"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/s3bucketserversideencryptionconfiguration"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/s3bucketversioning"
	"github.com/hashicorp/terraform-cdk-go/cdktf"
)

// bucket is a private, versioned, encrypted bucket.
type bucket struct {
	ID, Name  string
	Key       *string // nil encrypts with S3's own keys
	Days      int     // after which objects are deleted; 0: never
	Rights    []Statement
	Lifecycle *cdktf.TerraformResourceLifecycle
}

// bucket gives the bucket's name, as what has to wait for its policy needs it.
func (s *stack) bucket(b bucket) *string {
	arn := "arn:aws:s3:::" + b.Name
	made := s3bucket.NewS3Bucket(s.scope, str(b.ID), &s3bucket.S3BucketConfig{Bucket: str(b.Name), ForceDestroy: false, Lifecycle: b.Lifecycle})
	s3bucketpublicaccessblock.NewS3BucketPublicAccessBlock(s.scope, str(b.ID+"-private"), &s3bucketpublicaccessblock.S3BucketPublicAccessBlockConfig{
		Bucket: made.Id(), BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true,
	})
	s3bucketownershipcontrols.NewS3BucketOwnershipControls(s.scope, str(b.ID+"-owner"), &s3bucketownershipcontrols.S3BucketOwnershipControlsConfig{
		Bucket: made.Id(), Rule: &s3bucketownershipcontrols.S3BucketOwnershipControlsRule{ObjectOwnership: str("BucketOwnerEnforced")},
	})
	s3bucketversioning.NewS3BucketVersioningA(s.scope, str(b.ID+"-versions"), &s3bucketversioning.S3BucketVersioningAConfig{
		Bucket: made.Id(), VersioningConfiguration: &s3bucketversioning.S3BucketVersioningVersioningConfiguration{Status: str("Enabled")},
	})
	s.encrypt(made.Id(), b)
	s.expire(made.Id(), b)
	rights := append([]Statement{
		deny("OnlyEncrypted", "s3:*", object{"Bool": object{"aws:SecureTransport": "false"}}, arn, arn+"/*"),
	}, b.Rights...)
	return s3bucketpolicy.NewS3BucketPolicy(s.scope, str(b.ID+"-policy"), &s3bucketpolicy.S3BucketPolicyConfig{Bucket: made.Id(), Policy: policy(rights...)}).Bucket()
}

func (s *stack) encrypt(id *string, b bucket) {
	by := &s3bucketserversideencryptionconfiguration.S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA{SseAlgorithm: str("AES256")}
	if b.Key != nil {
		by.SseAlgorithm, by.KmsMasterKeyId = str("aws:kms"), b.Key
	}
	s3bucketserversideencryptionconfiguration.NewS3BucketServerSideEncryptionConfigurationA(s.scope, str(b.ID+"-encryption"), &s3bucketserversideencryptionconfiguration.S3BucketServerSideEncryptionConfigurationAConfig{
		Bucket: id,
		Rule: []*s3bucketserversideencryptionconfiguration.S3BucketServerSideEncryptionConfigurationRuleA{{
			BucketKeyEnabled: b.Key != nil, ApplyServerSideEncryptionByDefault: by,
		}},
	})
}

func (s *stack) expire(id *string, b bucket) {
	rule := &s3bucketlifecycleconfiguration.S3BucketLifecycleConfigurationRule{
		Id: str("expire"), Status: str("Enabled"),
		Filter:                         []*s3bucketlifecycleconfiguration.S3BucketLifecycleConfigurationRuleFilter{{Prefix: str("")}},
		AbortIncompleteMultipartUpload: []*s3bucketlifecycleconfiguration.S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload{{DaysAfterInitiation: num(7)}},
	}
	former := 90 // days that what was overwritten can be brought back
	if b.Days > 0 {
		rule.Expiration = []*s3bucketlifecycleconfiguration.S3BucketLifecycleConfigurationRuleExpiration{{Days: num(b.Days)}}
		former = 1
	}
	rule.NoncurrentVersionExpiration = []*s3bucketlifecycleconfiguration.S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration{{NoncurrentDays: num(former)}}
	s3bucketlifecycleconfiguration.NewS3BucketLifecycleConfiguration(s.scope, str(b.ID+"-expiry"), &s3bucketlifecycleconfiguration.S3BucketLifecycleConfigurationConfig{
		Bucket: id, Rule: []*s3bucketlifecycleconfiguration.S3BucketLifecycleConfigurationRule{rule},
	})
}

// accessLogs is the bucket that the load balancer writes its logs into: it knows no other place, and no key of ours.
func (s *stack) accessLogs() *string {
	name := s.name("lb-logs-" + s.Account.ID + "-" + s.Account.Region)
	delivers := Statement{
		Reason: "LoadBalancerWrites", Effect: "Allow", Actions: []string{"s3:PutObject"},
		// Other accounts' load balancers would write elsewhere.
		Resources: []string{
			"arn:aws:s3:::" + name + "/access/AWSLogs/" + s.Account.ID + "/*",
			"arn:aws:s3:::" + name + "/connections/AWSLogs/" + s.Account.ID + "/*",
		},
		Principal: object{"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
	}
	return s.bucket(bucket{ID: "lb-logs", Name: name, Days: s.Env.Keep.Access, Rights: []Statement{delivers}})
}
