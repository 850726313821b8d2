package main

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/ecrlifecyclepolicy"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/ecrrepository"
)

// setupImage has the program of local/cmd/setup, which makes the database's users.
const setupImage = "setup"

// images are what is built of the source: the services, and setup.
func images() []string {
	names := []string{setupImage}
	for _, program := range Programs() {
		names = append(names, program.Name)
	}
	return names
}

// registries are where the images are. A tag never changes its image: what was tested is what runs.
func (s *stack) registries() {
	for _, image := range images() {
		repository := ecrrepository.NewEcrRepository(s.scope, str("images-"+image), &ecrrepository.EcrRepositoryConfig{
			Name: str("notejam/" + image), ImageTagMutability: str("IMMUTABLE"), ForceDelete: false,
			ImageScanningConfiguration: &ecrrepository.EcrRepositoryImageScanningConfiguration{ScanOnPush: true},
			Tags:                       texts(map[string]string{"Service": image}),
		})
		ecrlifecyclepolicy.NewEcrLifecyclePolicy(s.scope, str("images-"+image+"-kept"), &ecrlifecyclepolicy.EcrLifecyclePolicyConfig{
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
