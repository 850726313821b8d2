package main

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/ecrlifecyclepolicy"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/ecrrepository"
)

// registries are where the images of services are. A tag never changes its image: what was tested is what runs.
func (s *stack) registries() {
	for _, program := range Programs() {
		repository := ecrrepository.NewEcrRepository(s.scope, str("images-"+program.Name), &ecrrepository.EcrRepositoryConfig{
			Name: str("notejam/" + program.Name), ImageTagMutability: str("IMMUTABLE"), ForceDelete: false,
			ImageScanningConfiguration: &ecrrepository.EcrRepositoryImageScanningConfiguration{ScanOnPush: true},
			Tags:                       texts(map[string]string{"Service": program.Name}),
		})
		ecrlifecyclepolicy.NewEcrLifecyclePolicy(s.scope, str("images-"+program.Name+"-kept"), &ecrlifecyclepolicy.EcrLifecyclePolicyConfig{
			Repository: repository.Name(),
			Policy: text(object{"rules": array{
				object{
					"rulePriority": 1, "description": "what has no tag was never released", "action": object{"type": "expire"},
					"selection": object{"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 7},
				},
				object{
					"rulePriority": 2, "description": "enough to roll back to", "action": object{"type": "expire"},
					"selection": object{"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 100},
				},
			}}),
		})
	}
}
